const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

/**
 * Whether a JSON text is cheap to parse for its length: outside of strings it has at most so many characters, white space not
 * counted, and strings have at most so many quotation marks. To be asked before `JSON.parse`, which takes 27 s and 2 GB for 64 MiB
 * of `{},`, but 0.1 s for one string of that length. Looks at no more than it has to.
 */
export function isCheapJson(text: string, maximum: number): boolean {
  if (text.length <= maximum) return true
  let cost = 0
  for (let index = 0; index < text.length && cost <= maximum; index++) {
    const character = text.charCodeAt(index)
    if (character === QUOTE) {
      do {
        index = text.indexOf('"', index + 1)
        cost += 1
      } while (index >= 0 && isEscaped(text, index) && cost <= maximum)
      // Not closed: it will not be parsed either.
      if (index < 0) return true
    } else if (character > SPACE) cost += 1
  }
  return cost <= maximum
}

function isEscaped(text: string, index: number): boolean {
  let before = index
  while (text.charCodeAt(before - 1) === BACKSLASH) before--
  return (index - before) % 2 === 1
}
