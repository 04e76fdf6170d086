/** A string of `0x` and lower-case hex digits. */
export type Hex = `0x${string}`

/** A 20-byte account address as 42 lower-case characters. Checksummed input is lowered where it enters (RPC, config). */
export type Address = Hex

/** A 32-byte Keccak-256 hash as 66 lower-case characters. */
export type Hash = Hex

export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000'
export const ZERO_HASH: Hash = '0x0000000000000000000000000000000000000000000000000000000000000000'
