import type { z } from 'zod'
import type { Controls } from '../../../consensus/control/controls.ts'
import type { AccountSigner } from '../../account-signer.ts'
import { RpcError } from '../../errors.ts'
import type { Caller, Method, MethodAbout, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { ControlsRefused, RpcModules } from '../../modules.ts'
import type { RpcOptions } from '../../options.ts'
import type { TracingOptions } from '../../tracing.ts'
import type { TransactionFiller } from '../../transaction-filler.ts'

/** What controls work with. */
export interface ControlSite {
  readonly controls: Controls
  readonly options: TracingOptions & Pick<RpcOptions, 'clientVersion'>
  readonly modules: Pick<RpcModules, 'blocks' | 'calls' | 'chain' | 'pool' | 'fees' | 'config'> & {
    readonly signer: AccountSigner
    readonly filler: TransactionFiller
  }
}

/** What a control does, and how it is asked for. */
export interface Control {
  bind(site: ControlSite): Method
  /** Whatever it is asked with. */
  refuse(why: string): Method
}

/** Names that all mean the same, the first the one that documents have. */
export type ControlRows = readonly (readonly [names: readonly string[], control: Control])[]

type Handle<Shape extends z.ZodRawShape, Result = unknown> = (
  parameters: z.output<z.ZodObject<Shape>>,
  site: ControlSite,
  caller: Caller,
) => Result

/**
 * A control with its parameters by position, as `method` has them. What it does is done in its turn: after all that was asked for
 * earlier.
 */
export function control<Shape extends z.ZodRawShape>(about: MethodAbout, shape: Shape, handle: Handle<Shape>): Control {
  return turnControl(about, shape, (parameters, site, caller) =>
    site.controls.inTurn(() => handle(parameters, site, caller)),
  )
}

/** The same for a change of the state, which may be written after its answer. */
export function stateControl<Shape extends z.ZodRawShape>(
  about: MethodAbout,
  shape: Shape,
  handle: Handle<Shape, Promise<unknown>>,
): Control {
  return turnControl(about, shape, (parameters, site, caller) =>
    site.controls.puttingOff(() => handle(parameters, site, caller)),
  )
}

/** The same for what takes its turn itself, before it looks at anything. */
export function turnControl<Shape extends z.ZodRawShape>(
  about: MethodAbout,
  shape: Shape,
  handle: Handle<Shape>,
): Control {
  const { bind, refuse } = apartControl(about, shape, handle)
  return { bind: (site) => ({ ...bind(site), takesTurn: true }), refuse }
}

/** The same for what needs no turn, or not at once. */
export function apartControl<Shape extends z.ZodRawShape>(
  about: MethodAbout,
  shape: Shape,
  handle: Handle<Shape>,
): Control {
  return {
    bind: (site) => method(about, shape, (parameters, caller) => handle(parameters, site, caller)),
    refuse: (why) => ({
      ...method(about, shape, () => undefined),
      call: () => {
        throw new RpcError('not-supported', why)
      },
    }),
  }
}

/** The methods of the rows; each of them refused, in these words, where there is nothing to control. */
export function controlTable(rows: ControlRows, site: ControlSite | ControlsRefused): MethodTable {
  return Object.fromEntries(
    rows.flatMap(([names, control]) => {
      const bound = 'refusal' in site ? control.refuse(site.refusal) : control.bind(site)
      return names.map((name) => [name, bound])
    }),
  )
}
