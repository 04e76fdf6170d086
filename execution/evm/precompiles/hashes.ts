import { createHash } from 'node:crypto'
import { ripemd160 as ripemd160Digest } from '@noble/hashes/legacy.js'
import { inputWords } from './input.ts'
import type { Precompile } from './precompile.ts'

/** 0x02: SHA-256, 32 bytes. */
export const sha256: Precompile = {
  gas: (input) => 60n + 12n * inputWords(input),
  run: (input) => new Uint8Array(createHash('sha256').update(input).digest()),
}

/** 0x03: RIPEMD-160, 20 bytes behind 12 zeros. OpenSSL offers it only with its legacy provider. */
export const ripemd160: Precompile = {
  gas: (input) => 600n + 120n * inputWords(input),
  run(input) {
    const output = new Uint8Array(32)
    output.set(ripemd160Digest(input), 12)
    return output
  },
}
