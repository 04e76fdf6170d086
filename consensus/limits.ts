/** Yellow Paper, equation 55. */
export const ETHEREUM_EXTRA_DATA_BYTES = 32
/** Of a header's nonce. */
export const NONCE_BYTES = 8
/** A timestamp further ahead of the clock is refused for now, as geth does. */
export const MAX_CLOCK_DRIFT_SECONDS = 15n
