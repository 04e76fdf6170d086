import type { Rules } from '../../config/hardforks.ts'
import type { Message, MessageResult } from '../../execution/evm/message.ts'

/** A message, outermost or nested, and how it ended in our implementation. */
export interface MessageEvent {
  readonly message: Message
  readonly result: MessageResult
}

/** A way in which @ethereumjs/evm 10.1.3 is known to differ, and to be wrong. */
interface KnownDifference {
  /** What it does, and the rule that it breaks. */
  readonly reason: string
  /** Whether it comes up in these messages: as narrow as can be, for it hides all other differences there. */
  matches(rules: Rules, events: readonly MessageEvent[]): boolean
}

const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason:
      'A creation that reverts with data that begins with 0xEF is taken for one that deploys it, and loses all its gas. ' +
      'EIP-3541 speaks of the code that a creation returns, and execution-specs (process_create_message) looks at the ' +
      'output only of a frame without error. Unit test: execution/evm/instructions/create.test.ts.',
    matches: (rules, events) =>
      rules.reservesCodePrefix &&
      events.some(
        ({ message, result: { exit } }) =>
          message.kind === 'create' && exit.kind === 'revert' && exit.output[0] === RESERVED_PREFIX,
      ),
  },
  {
    reason:
      'CREATE and CREATE2 give 0 and keep their gas where the init code begins with 0xEF00, under every hardfork: what EOF ' +
      'asked for, which no hardfork has. Init code is code like any other, whose first byte is no instruction here ' +
      '(execution-specs, generic_create, does not look at it). Unit test: execution/evm/instructions/create.test.ts.',
    matches: (_, events) =>
      events.some(({ message: { kind, depth, code } }) => {
        return kind === 'create' && depth > 0 && code[0] === RESERVED_PREFIX && code[1] === 0
      }),
  },
]

const RESERVED_PREFIX = 0xef

/** Whether a difference in a message that had these nested messages is explained here. */
export function isKnownDifference(rules: Rules, events: readonly MessageEvent[]): boolean {
  return KNOWN_DIFFERENCES.some((known) => known.matches(rules, events))
}
