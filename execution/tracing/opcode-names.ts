import { rulesFor } from '../../config/hardforks.ts'
import { type Instruction, instructionsFor } from '../evm/opcodes.ts'

const UNASSIGNED = 'INVALID'
const INVALID_OPCODE = 0xfe
/** The newest rules: an instruction that comes with them has its name in traces of older blocks, too. */
const NEWEST = instructionsFor(rulesFor('osaka'))

/** By opcode, as go-ethereum has them (core/vm/opcodes.go): 0x44 has kept its old name there. */
const NAMES: readonly string[] = NEWEST.map(({ opcode, name }) => {
  if (name === 'PREVRANDAO') return 'DIFFICULTY'
  return name === UNASSIGNED && opcode !== INVALID_OPCODE
    ? `opcode 0x${opcode.toString(16).padStart(2, '0')} not defined`
    : name
})

/** The name of an instruction in traces: pavm's own where it is one, else go-ethereum's. */
export function opcodeName({ opcode, name }: Pick<Instruction, 'opcode' | 'name'>): string {
  return NEWEST[opcode]!.name === UNASSIGNED && name !== UNASSIGNED ? name : NAMES[opcode]!
}
