/**
 * Why a frame halted, all its gas gone (Yellow Paper 9.4.2):
 * - `out-of-gas`: less gas left than an instruction costs; also memory beyond what any gas could pay for
 * - `stack-underflow`, `stack-overflow`: fewer words than taken, or more than 1,024
 * - `invalid-opcode`: a byte that is no instruction under the hardfork's rules, or INVALID
 * - `invalid-jump`: a jump to something other than a JUMPDEST
 * - `write-in-static-context`: a change of state inside STATICCALL (EIP-214)
 * - `return-data-out-of-bounds`: RETURNDATACOPY past the end (EIP-211)
 * - `address-collision`: the address of a creation is in use (EIP-684, EIP-7610)
 * - `reserved-code-prefix`: deployed code begins with 0xEF (EIP-3541)
 * - `code-too-large`, `init-code-too-large`: EIP-170, EIP-3860
 * - `precompile-failure`: input that a precompiled contract refuses
 */
export type HaltCause =
  | 'out-of-gas'
  | 'stack-underflow'
  | 'stack-overflow'
  | 'invalid-opcode'
  | 'invalid-jump'
  | 'write-in-static-context'
  | 'return-data-out-of-bounds'
  | 'address-collision'
  | 'reserved-code-prefix'
  | 'code-too-large'
  | 'init-code-too-large'
  | 'precompile-failure'

export interface Halt {
  readonly kind: 'halt'
  readonly cause: HaltCause
}

/** How a frame ended. */
export type Exit =
  | { readonly kind: 'return'; readonly output: Uint8Array }
  | { readonly kind: 'revert'; readonly output: Uint8Array }
  | Halt

function halt(cause: HaltCause): Halt {
  return { kind: 'halt', cause }
}

export const OUT_OF_GAS = halt('out-of-gas')
export const STACK_UNDERFLOW = halt('stack-underflow')
export const STACK_OVERFLOW = halt('stack-overflow')
export const INVALID_OPCODE = halt('invalid-opcode')
export const INVALID_JUMP = halt('invalid-jump')
export const WRITE_IN_STATIC_CONTEXT = halt('write-in-static-context')
export const RETURN_DATA_OUT_OF_BOUNDS = halt('return-data-out-of-bounds')
export const ADDRESS_COLLISION = halt('address-collision')
export const RESERVED_CODE_PREFIX = halt('reserved-code-prefix')
export const CODE_TOO_LARGE = halt('code-too-large')
export const INIT_CODE_TOO_LARGE = halt('init-code-too-large')
export const PRECOMPILE_FAILURE = halt('precompile-failure')
