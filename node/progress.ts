import { Presets, SingleBar } from 'cli-progress'

/** A progress bar on standard error where that is a terminal, and silence where it is not. */
export function progressBar(what: string, total: number): { update(done: number): void; stop(): void } {
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage} % {value}/{total} {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  )
  bar.start(total, 0)
  return { update: (done) => bar.update(done), stop: () => bar.stop() }
}
