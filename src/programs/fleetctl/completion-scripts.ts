/**
 * What makes shells ask `fleetctl __complete` when somebody presses TAB. They call the program that is being typed, so that
 * a checkout completes itself, with nothing in stdin and nobody to hear complaints.
 */
import { completeWord } from './complete-word.ts';

/** Unit files, as the patterns of all three shells. */
const types = ['service', 'socket', 'timer', 'path', 'device', 'mount', 'automount'];

const bash = `# Completes fleetctl in bash: source <(fleetctl completion bash)
_fleetctl() {
  local line=\${COMP_LINE:0:COMP_POINT} stripped piece index
  local -a words=()
  # bash takes words apart at = : @ and others; what no blank parts is one word.
  for ((index = 0; index <= COMP_CWORD; index++)); do
    stripped=\${line#"\${line%%[![:blank:]]*}"}
    piece=\${COMP_WORDS[index]}
    ((index == COMP_CWORD)) && piece=$stripped
    if ((index > 0)) && [[ $stripped == "$line" ]]; then
      words[\${#words[@]}-1]+=$piece
    else
      words[\${#words[@]}]=$piece
    fi
    line=\${stripped#"$piece"}
  done
  local current=\${words[\${#words[@]}-1]} mark
  # Only what stands behind the last such character will be replaced; readline keeps the @ itself.
  local rest=$current
  for mark in = :; do
    [[ $COMP_WORDBREAKS == *"$mark"* ]] && rest=\${rest##*"$mark"}
  done
  [[ $COMP_WORDBREAKS == *@* && $rest == *@* ]] && rest=@\${rest##*@}
  # What is escaped takes no word apart.
  [[ $current == *\\\\* ]] && rest=$current
  local head=\${current%"$rest"} wanted='' word about
  for index in "\${!words[@]}"; do
    IFS= read words[index] <<<"\${words[index]}"
  done
  current=\${words[\${#words[@]}-1]}
  COMPREPLY=()
  while IFS=$'\\t' read -r word about; do
    if [[ -z $wanted ]]; then
      wanted=$word
    else
      printf -v word %q "$word"
      COMPREPLY+=("\${word#"$head"}")
    fi
  done < <("\${1/#\\~/$HOME}" ${completeWord} -- "\${words[@]:1}" 2>/dev/null </dev/null)
  if [[ $wanted == *files* ]]; then
    local path=$current tilde
    [[ $path == -*=* ]] && path=\${path#*=}
    while IFS= read -r word; do
      tilde=''
      [[ $word == \\~* ]] && tilde=\\~
      if [[ -d \${word/#\\~/$HOME} ]]; then
        word+=/
      elif [[ $wanted == *unit-files* ]]; then
        case $word in
          ${types.map((type) => `*.${type}`).join(' | ')}) ;;
          *) continue ;;
        esac
      fi
      printf -v word '%s%q' "$tilde" "\${word#"$tilde"}"
      [[ $path == "$current" ]] && word=\${word#"$head"}
      COMPREPLY+=("$word")
    done < <(compgen -f -- "$path")
  fi
  # A word that ends in a slash or an equals sign is not at its end.
  local open=1
  for word in "\${COMPREPLY[@]}"; do
    [[ $word == */ ]] || open=0
  done
  if [[ $wanted == *nospace* || $open == 1 ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _fleetctl fleetctl
`;

const zsh = `#compdef fleetctl
# Completes fleetctl in zsh, behind compinit: source <(fleetctl completion zsh)
_fleetctl() {
  local wanted line word about
  local -a answer values shown
  answer=("\${(@f)$("\${(Q)words[1]}" ${completeWord} -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  wanted=$answer[1]
  for line in "\${(@)answer[2,-1]}"; do
    word=\${line%%$'\\t'*}
    about=\${line#*$'\\t'}
    values+=("$word")
    shown+=("\${word}\${about:+  -- $about}")
  done
  if (( \${#values} )); then
    if [[ $wanted == *nospace* ]]; then
      compadd -l -S '' -d shown -a values
    else
      compadd -l -d shown -a values
    fi
  fi
  [[ $wanted == *files* ]] && compset -P '-*='
  case $wanted in
    *unit-files*) _files -g '*.(${types.join('|')})(-.)' ;;
    *files*) _files ;;
  esac
}
if [[ $funcstack[1] == _fleetctl ]]; then
  _fleetctl "$@"
else
  compdef _fleetctl fleetctl
fi
`;

const fish = `# Completes fleetctl in fish: fleetctl completion fish | source
function __fleetctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l answer ($program ${completeWord} -- $words "$current" 2>/dev/null </dev/null)
    set -l wanted $answer[1]
    set -e answer[1]
    for line in $answer
        echo $line
    end
    if string match -q '*files*' -- $wanted
        set -l head (string match -r '^-[^=]*=' -- $current)
        for path in (__fish_complete_path (string replace -r '^-[^=]*=' '' -- $current))
            if string match -q '*unit-files*' -- $wanted
                string match -qr '(/|\\.(${types.join('|')}))(\\t|$)' -- $path; or continue
            end
            echo "$head$path"
        end
    end
end
complete -c fleetctl -f -a '(__fleetctl_complete)'
`;

/** By shell. */
export const scripts: ReadonlyMap<string, string> = new Map(Object.entries({ bash, zsh, fish }));
