import { keccakModule } from './keccak-module.ts'
import { WASM_PAGE_BYTES, type WasmFunction, webAssembly } from './webassembly.ts'

/** Keccak-256 on a memory of its own. */
export interface KeccakInstance {
  readonly memory: Uint8Array
  readonly keccak256: WasmFunction
  readonly absorb: WasmFunction
  readonly finish: WasmFunction
}

/** Throws where WebAssembly is not to be had. */
export function instantiateKeccak(pages: number): KeccakInstance {
  const memory = new webAssembly.Memory({ initial: pages, maximum: pages })
  const { exports } = new webAssembly.Instance(new webAssembly.Module(keccakModule()), { env: { memory } })
  const functions = exports as Readonly<Record<'keccak256' | 'absorb' | 'finish', WasmFunction>>
  return { ...functions, memory: new Uint8Array(memory.buffer, 0, pages * WASM_PAGE_BYTES) }
}
