import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interface } from 'ethers'
import { hexToBytes } from '../primitives/hex.ts'
import { consoleLine } from './console-log.ts'

const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

const call = (signature: string, ...values: unknown[]) =>
  hexToBytes(new Interface([`function ${signature}`]).encodeFunctionData('log', values))

test('what the console is to write is told from its call data', () => {
  const lines: readonly [line: string, signature: string, ...values: unknown[]][] = [
    ['', 'log()'],
    ['hello', 'log(string)', 'hello'],
    ['115792089237316195423570985008687907853269984665640564039457584007913129639935', 'log(uint256)', 2n ** 256n - 1n],
    ['-5', 'log(int256)', -5],
    ['balance -5', 'log(string,int256)', 'balance', -5],
    [`true ${ADDRESS} false`, 'log(bool,address,bool)', true, ADDRESS, false],
    [`${ADDRESS} has 7 of 9`, 'log(string,address,uint256,uint256)', '%s has %d of %i', ADDRESS, 7, 9],
    ['100% of 3 4', 'log(string,uint256,uint256)', '100%% of %s', 3, 4],
    ['%s', 'log(string)', '%s'],
    ['0x1234', 'log(bytes)', '0x1234'],
    ['0x12345678', 'log(bytes4)', '0x12345678'],
    ['red', 'log(string)', '\u001bred\u0007'],
  ]
  for (const [line, signature, ...values] of lines)
    assert.equal(consoleLine(call(signature, ...values)), line, signature)
})

test('call data of anything else is not written', () => {
  const text = call('log(string)', 'hello')
  assert.equal(consoleLine(new Uint8Array()), undefined)
  assert.equal(consoleLine(call('log(uint8)', 1)), undefined)
  for (let length = 0; length < text.length - 27; length++)
    assert.equal(consoleLine(text.subarray(0, length)), undefined)
  // An offset and a length that lead outside.
  for (const word of [4, 36]) {
    const wrong = text.slice()
    wrong.fill(0xff, word, word + 32)
    assert.equal(consoleLine(wrong), undefined)
  }
})
