import type { Frame } from '../frame.ts'

type SimpleHandler = (frame: Frame) => undefined

/** POP. */
export function pop({ stack }: Frame): undefined {
  stack.pop()
}

/** PUSH0 (EIP-3855). */
export function pushZero({ stack }: Frame): undefined {
  stack.push(0n)
}

/** Immediates up to this many bytes are read faster than looked up. */
const SHORT_IMMEDIATE = 4

/** PUSH1 to PUSH32: the `length` bytes after the opcode, zeros past the end of the code. */
export function push(length: number): SimpleHandler {
  return length <= SHORT_IMMEDIATE ? pushShort(length) : pushLong(length)
}

function pushShort(length: number): SimpleHandler {
  return (frame): undefined => {
    const { bytes } = frame.code
    const end = frame.programCounter + length
    let value = 0
    for (let position = frame.programCounter; position < end; position++) value = value * 256 + bytes[position]!
    frame.stack.push(BigInt(value))
    frame.programCounter = end
  }
}

function pushLong(length: number): SimpleHandler {
  return (frame): undefined => {
    const { bytes, pushedWords } = frame.code
    const start = frame.programCounter
    let word = pushedWords.get(start)
    if (word === undefined) {
      word = BigInt(`0x${Buffer.from(bytes.buffer, start, length).toString('hex')}`)
      pushedWords.set(start, word)
    }
    frame.stack.push(word)
    frame.programCounter = start + length
  }
}

/** DUP1 to DUP16. */
export function duplicate(n: number): SimpleHandler {
  return ({ stack }): undefined => {
    stack.duplicate(n)
  }
}

/** SWAP1 to SWAP16. */
export function swap(n: number): SimpleHandler {
  return ({ stack }): undefined => {
    stack.swap(n)
  }
}
