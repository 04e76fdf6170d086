/** The part of the JavaScript interface of WebAssembly that is used here: the types of Node leave it to the browser's. */
export interface WasmModule {
  readonly brand?: 'WebAssembly.Module'
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

export type WasmFunction = (...parameters: number[]) => number

export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface WasmInterface {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports?: WasmImports,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WasmMemory
  validate(bytes: Uint8Array): boolean
}

export const webAssembly = (globalThis as unknown as { WebAssembly: WasmInterface }).WebAssembly

/** Bytes of a page of memory (WebAssembly 1.0, section 4.2.8). */
export const WASM_PAGE_BYTES = 65_536
