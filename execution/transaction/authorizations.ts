import { GAS_AUTHORIZATION, GAS_AUTHORIZATION_OF_NEW_ACCOUNT } from '../../config/gas.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { ZERO_ADDRESS } from '../../primitives/hex.ts'
import { type Authorization, recoverAuthority } from '../../primitives/transaction.ts'
import { delegationCode, delegationTarget } from '../evm/delegation.ts'
import type { WorldState } from '../state/world-state.ts'

const MAX_NONCE = (1n << 64n) - 1n

/** Sets the delegations of a transaction, leaving out those that do not hold (EIP-7702, "Behavior"). */
export function applyAuthorizations(
  authorizations: readonly Authorization[],
  chainId: bigint,
  state: WorldState,
): void {
  for (const authorization of authorizations) applyAuthorization(authorization, chainId, state)
}

function applyAuthorization(authorization: Authorization, chainId: bigint, state: WorldState): void {
  if (authorization.chainId !== 0n && authorization.chainId !== chainId) return
  if (authorization.nonce >= MAX_NONCE) return
  const authority = recoverAuthority(authorization)
  if (authority === undefined) return
  state.warmAddress(authority)
  const code = state.code(authority)
  if (code.length > 0 && delegationTarget(code) === undefined) return
  if (state.nonce(authority) !== authorization.nonce) return
  if (state.exists(authority)) state.addRefund(GAS_AUTHORIZATION_OF_NEW_ACCOUNT - GAS_AUTHORIZATION)
  const isReset = authorization.address === ZERO_ADDRESS
  state.setCode(authority, isReset ? EMPTY_BYTES : delegationCode(authorization.address))
  state.setNonce(authority, authorization.nonce + 1n)
}
