// Writes docs/settings.md from the table of settings; a test fails when the file is not what this writes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingsDocument } from './lib/settings-document.ts'

writeFileSync(join(import.meta.dirname, '..', 'docs', 'settings.md'), settingsDocument())
