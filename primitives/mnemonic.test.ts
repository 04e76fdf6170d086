import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LangEn, Mnemonic } from 'ethers'
import { DEVELOPER_MNEMONIC } from './developer-accounts.ts'
import { mnemonicProblem } from './mnemonic.ts'
import { mnemonicWords } from './mnemonic-words.ts'

test('the words are those of BIP-39, in its order', () => {
  const words = LangEn.wordlist()
  assert.deepEqual(
    mnemonicWords(),
    Array.from({ length: 2048 }, (_, index) => words.getWord(index)),
  )
})

test('mnemonics of every length are good, and with another last word only as often as chance has it', () => {
  assert.equal(mnemonicProblem(DEVELOPER_MNEMONIC), undefined)
  for (const bytes of [16, 20, 24, 28, 32]) {
    const { phrase } = Mnemonic.fromEntropy(
      Uint8Array.from({ length: bytes }, (_, index) => (index * 37 + bytes) & 0xff),
    )
    assert.equal(mnemonicProblem(phrase), undefined, phrase)
    const others = mnemonicWords().map((word) => phrase.replace(/\w+$/, word))
    for (const other of others) {
      assert.equal(mnemonicProblem(other) === undefined, Mnemonic.isValidMnemonic(other), other)
    }
  }
})

test('what is wrong is said, without the words', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /12, 15, 18, 21 or 24 words.*not 1/],
    [DEVELOPER_MNEMONIC.replace('test ', ''), /words.*not 11/],
    [DEVELOPER_MNEMONIC.replace('test ', 'tset '), /word 1 is not in/],
    [DEVELOPER_MNEMONIC.replace('test ', 'Test '), /word 1 is not in/],
    [DEVELOPER_MNEMONIC.replace('test ', '__proto__ '), /word 1 is not in/],
    [DEVELOPER_MNEMONIC.replace('junk', 'test'), /checksum/],
    [`${'test '.repeat(26)}junk`, /words.*not 27/],
  ]
  for (const [mnemonic, problem] of cases) {
    const said = mnemonicProblem(mnemonic)
    assert.match(said ?? '', problem, mnemonic)
    assert.doesNotMatch(said ?? '', /test|tset|junk/i)
  }
})
