const WORDS = ['one', 'thread', 'counts', 'these', 'words', 'and', 'another', 'the', 'rest']
const SPACES = [' ', ' ', '\n', '  ']

/** A text of so many bytes, always the same one. */
export function textOf(bytes: number): Uint8Array {
  let text = ''
  for (let index = 0; text.length < bytes; index++) {
    text += `${WORDS[index % WORDS.length]}${SPACES[index % SPACES.length]}`
  }
  return new TextEncoder().encode(text.slice(0, bytes))
}
