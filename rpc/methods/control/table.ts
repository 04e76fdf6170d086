import type { MethodTable } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import { ACCOUNT_CONTROLS } from './accounts.ts'
import { BLOCK_CONTROLS } from './blocks.ts'
import { type ControlSite, controlTable } from './control.ts'
import { DETAILED_MINING_CONTROLS } from './mine-detailed.ts'
import { MINING_CONTROLS } from './mining.ts'
import { NODE_CONTROLS } from './node.ts'
import { POOL_CONTROLS } from './pool.ts'
import { REORG_CONTROLS } from './reorg.ts'
import { SNAPSHOT_CONTROLS } from './snapshots.ts'
import { STATE_CONTROLS } from './state.ts'
import { TIME_CONTROLS } from './time.ts'
import { TOKEN_CONTROLS } from './tokens.ts'

/** All controls, with all their names. */
export const CONTROLS = [
  ...MINING_CONTROLS,
  ...DETAILED_MINING_CONTROLS,
  ...TIME_CONTROLS,
  ...BLOCK_CONTROLS,
  ...STATE_CONTROLS,
  ...TOKEN_CONTROLS,
  ...ACCOUNT_CONTROLS,
  ...POOL_CONTROLS,
  ...SNAPSHOT_CONTROLS,
  ...REORG_CONTROLS,
  ...NODE_CONTROLS,
]

/** What anvil and the Hardhat node have for tests: refused with the reason on a chain that is not in its user's hands. */
export function controlMethods(
  options: ControlSite['options'],
  { controls, ...modules }: ControlSite['modules'] & Pick<RpcModules, 'controls'>,
): MethodTable {
  return controlTable(CONTROLS, 'refusal' in controls ? controls : { controls, options, modules })
}
