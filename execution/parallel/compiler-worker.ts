import { workerData } from 'node:worker_threads'
import { compileCode } from '../compiler/compile-code.ts'
import type { CompilerOptions } from '../compiler/compiler-options.ts'
import type { CompileTasks } from './shared-compiler.ts'
import { serveTasks } from './task-server.ts'

/** The compile thread of the process: one code after the other. */
const { maxModuleBytes } = workerData as CompilerOptions
serveTasks<CompileTasks>({ compile: (request) => compileCode(request, maxModuleBytes) }, async () => {})
