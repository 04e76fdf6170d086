import type { FunctionBody, Local } from '../../primitives/wasm/encoder.ts'
import { FRAME } from '../state/linear-memory.ts'

// For functions whose first parameters are the frame (i32) and its gas (i64), and whose first result is the gas that is left.
export const FRAME_PARAMETER = 0
export const GAS_PARAMETER = 1

/** Beyond it memory is refused as out of gas, as in `Memory` of the reference interpreter. */
export const MAX_FRAME_MEMORY = 0x4000_0000

/** Leaves a function whose only result is the gas. */
export function outOfGas(body: FunctionBody): void {
  body.i64(-1).emit('return')
}

/** Pays for a range of memory that is not empty, and makes it accessible. */
export function expand(body: FunctionBody, offset: Local, length: Local, expandMemory: number): void {
  body.get(FRAME_PARAMETER).get(GAS_PARAMETER).get(offset).get(length).call(expandMemory)
  body.tee(GAS_PARAMETER).i64(0).emit('i64.lt_s')
  body.if(() => outOfGas(body))
}

/** Pushes the address of an offset in the frame's memory. */
export function memoryAddress(body: FunctionBody, offset: Local): FunctionBody {
  return body.get(FRAME_PARAMETER).memory('i32.load', FRAME.memoryBase).get(offset).emit('i32.wrap_i64').emit('i32.add')
}
