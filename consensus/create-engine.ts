import type { ChainConfig } from '../config/chain.ts'
import type { Engine } from './engine.ts'
import { EthereumEngine } from './ethereum.ts'
import { InstantEngine } from './instant.ts'
import { DEFAULT_HASHES_PER_SECOND, PowEngine } from './pow.ts'

export interface EngineOptions {
  readonly config: ChainConfig
  /** See `PowOptions`. */
  readonly hashesPerSecond?: number | undefined
}

/** The engine that the genesis names. */
export function createEngine({ config, hashesPerSecond = DEFAULT_HASHES_PER_SECOND }: EngineOptions): Engine {
  const { engine, periodSeconds, minimumDifficulty, powSeed, controls } = config.pavm
  switch (engine) {
    case 'pow':
      return new PowEngine({ periodSeconds, minimumDifficulty, seed: powSeed, hashesPerSecond })
    case 'instant':
      return new InstantEngine({ periodSeconds, controls })
    case 'ethereum':
      return new EthereumEngine({ config })
  }
}
