import { createHash } from 'node:crypto'
import { mnemonicWords } from './mnemonic-words.ts'
import { once } from './once.ts'

const INDEX_BITS = 11
const indexesOfWords = once(() => new Map(mnemonicWords().map((word, index) => [word, index])))

/**
 * What is wrong with an English mnemonic (BIP-39), in words that do not repeat it; `undefined` when nothing is. Keys can
 * be derived from any text: this finds the words that somebody has mistyped, which give other accounts without a word.
 */
export function mnemonicProblem(mnemonic: string): string | undefined {
  const words = mnemonic.split(' ')
  if (words.length < 12 || words.length > 24 || words.length % 3 !== 0) {
    return `expected 12, 15, 18, 21 or 24 words with single spaces between, not ${words.length}`
  }
  const known = indexesOfWords()
  const indexes = words.map((word) => known.get(word))
  const stranger = indexes.indexOf(undefined)
  if (stranger >= 0) return `word ${stranger + 1} is not in the English list of BIP-39`
  const bits = indexes.map((index) => index!.toString(2).padStart(INDEX_BITS, '0')).join('')
  // Of 33 bits, 32 are entropy and one is its checksum: whole bytes, as words come by threes.
  const entropyBits = (bits.length / 33) * 32
  const entropy = Uint8Array.from(bits.slice(0, entropyBits).match(/.{8}/g)!, (byte) => Number.parseInt(byte, 2))
  const digest = createHash('sha256').update(entropy).digest()
  const checksum = digest[0]!
    .toString(2)
    .padStart(8, '0')
    .slice(0, bits.length - entropyBits)
  return bits.endsWith(checksum) ? undefined : 'the checksum in the last word is wrong: a word is missing or mistyped'
}
