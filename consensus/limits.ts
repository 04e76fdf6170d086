/** Yellow Paper, equation 55. */
export const ETHEREUM_EXTRA_DATA_BYTES = 32
/** Of a header's nonce. */
export const NONCE_BYTES = 8
/** What stands where no nonce is wanted, or none is found yet. */
export const ZERO_NONCE: Uint8Array = new Uint8Array(NONCE_BYTES)
/** A timestamp further ahead of the clock is refused for now, as geth does. */
export const MAX_CLOCK_DRIFT_SECONDS = 15n
