import { ModuleBuilder } from './encoder.ts'
import { addKeccak } from './keccak-function.ts'

/**
 * The bytes of a module that exports the functions of Keccak-256, on a memory of at least a page that it imports. They take 4 ms to
 * make: a bundle has them as they are.
 */
export function keccakModule(): Uint8Array {
  const builder = new ModuleBuilder()
  builder.importMemory('env', 'memory', 1)
  addKeccak(builder, { keccak256: 'keccak256', absorb: 'absorb', finish: 'finish' })
  return builder.encode()
}
