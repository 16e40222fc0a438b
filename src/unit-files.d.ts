/** Unit files are text inside our programs. */
declare module '*.service' {
  const text: string;
  export default text;
}
