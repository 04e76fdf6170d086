import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { IdentityStore } from '../p2p/identity.ts'
import { bytesToHex, hexToBytes } from '../primitives/hex.ts'

/** Keeps the node's network key as hex in a file that its owner alone can read. */
export function identityFile(file: string): IdentityStore {
  return {
    get: () => (existsSync(file) ? hexToBytes(readFileSync(file, 'utf8').trim() as `0x${string}`) : undefined),
    put: (_key, value) => {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${bytesToHex(value)}\n`, { mode: 0o600 })
    },
  }
}
