/** Messages on a stream: two bytes of length before each. @see RFC 1035 section 4.2.2 */

export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(message.length + 2);
  bytes.writeUInt16BE(message.length, 0);
  bytes.set(message, 2);
  return bytes;
}

/** @returns a reader of pieces, however cut, that calls back with each whole message; it never holds more than one */
export function frames(message: (bytes: Buffer) => void): (piece: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (piece) => {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    while (held.length >= 2) {
      const end = 2 + held.readUInt16BE(0);
      if (held.length < end) return;
      const whole = held.subarray(2, end);
      held = held.subarray(end);
      message(whole);
    }
  };
}
