/**
 * Instructions before which all sub-threads of the frame are joined: what sees the state that they may change, or sends something that
 * does. The end of a frame is one too, and so is JOIN.
 */
export const JOIN_POINTS: ReadonlySet<string> = new Set([
  'SLOAD',
  'SSTORE',
  'TLOAD',
  'TSTORE',
  'BALANCE',
  'SELFBALANCE',
  'EXTCODESIZE',
  'EXTCODECOPY',
  'EXTCODEHASH',
  'LOG0',
  'LOG1',
  'LOG2',
  'LOG3',
  'LOG4',
  'CREATE',
  'CREATE2',
  'CALL',
  'CALLCODE',
  'DELEGATECALL',
  'STATICCALL',
  'SELFDESTRUCT',
  'RPHASH',
  'RDR',
  'WTR',
  'RWS',
  'JOIN',
])
