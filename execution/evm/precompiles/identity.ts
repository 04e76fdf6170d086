import { GAS_COPY_PER_WORD } from '../../../config/gas.ts'
import { inputWords } from './input.ts'
import type { Precompile } from './precompile.ts'

/** 0x04: the input. */
export const identity: Precompile = {
  gas: (input) => 15n + GAS_COPY_PER_WORD * inputWords(input),
  run: (input) => input.slice(),
}
