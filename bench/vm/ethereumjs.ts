import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { createEVM, type EVM } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account, createAddressFromString } from '@ethereumjs/util'
import { bigintToBytes } from '../../primitives/bytes.ts'
import { CALLER, type Contract, type Engine, GAS, type RunResult, type Workload } from './engine.ts'

/** @ethereumjs/evm in this process, on the state manager that it uses by default. */
export class EthereumJsEngine implements Engine {
  readonly name = '@ethereumjs/evm'
  readonly #evm: EVM
  readonly #state: SimpleStateManager

  private constructor(evm: EVM, state: SimpleStateManager) {
    this.#evm = evm
    this.#state = state
  }

  static async create(): Promise<EthereumJsEngine> {
    const common = createCustomCommon({ chainId: 31_337 }, Mainnet, { hardfork: Hardfork.Osaka })
    const state = new SimpleStateManager({ common })
    return new EthereumJsEngine(await createEVM({ common, stateManager: state }), state)
  }

  supports(): boolean {
    return true
  }

  async prepare(contracts: readonly Contract[]): Promise<void> {
    await this.#state.putAccount(createAddressFromString(CALLER), new Account(0n, 10n ** 18n))
    for (const { address, code, storage } of contracts) {
      const account = createAddressFromString(address)
      await this.#state.putAccount(account, new Account(1n))
      await this.#state.putCode(account, code)
      for (const [slot, value] of storage) {
        await this.#state.putStorage(account, bigintToBytes(slot, 32), bigintToBytes(value, 32))
      }
    }
  }

  async run({ name, contract, data, gas = GAS }: Workload): Promise<RunResult> {
    const caller = createAddressFromString(CALLER)
    const call = { caller, origin: caller, to: createAddressFromString(contract.address), data, gasLimit: gas }
    await this.#state.checkpoint()
    // As a transaction's recipient is (EIP-2929): `runCall` leaves that to its caller.
    this.#evm.journal.addWarmedAddress(call.to.bytes)
    try {
      const start = performance.now()
      const { execResult } = await this.#evm.runCall(call)
      const microseconds = (performance.now() - start) * 1_000
      if (execResult.exceptionError) throw new Error(`${this.name}: ${name}: ${execResult.exceptionError.error}`)
      return { output: execResult.returnValue, gasUsed: execResult.executionGasUsed, microseconds }
    } finally {
      await this.#state.revert()
      this.#state.originalStorageCache.clear()
      this.#evm.journal.cleanJournal()
    }
  }

  close(): void {}
}
