import { type Command, command, noFlags } from '../command.ts';
import { findCommand } from '../find-command.ts';
import { commandHelp, rootHelp } from '../help.ts';

/** @param all asked for when it runs, since help is one of them */
export const help = (all: () => readonly Command[]): Command =>
  command({
    name: 'help',
    operands: '[COMMAND]',
    summary: 'Help about any command',
    offline: true,
    flags: noFlags,
    async run({ args: [word] }, { io }) {
      io.stdout.write(word === undefined ? rootHelp(all()) : commandHelp(findCommand(word, all())));
      return 0;
    },
  });
