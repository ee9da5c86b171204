// The basic tests of csaf-validator-lib on what we wrote. Usage: node secvisogram.mjs DIRECTORY-OF-ORIGINALS FILE...
// A rewritten document may fail what its original fails, and nothing else.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as basic from '@secvisogram/csaf-validator-lib/basic.js'
import validate from '@secvisogram/csaf-validator-lib/validate.js'

const [originals, ...files] = process.argv.slice(2)

async function failures(file) {
  const document = JSON.parse(readFileSync(file, 'utf8'))
  const result = await validate(Object.values(basic), document)
  const failed = result.tests.filter((test) => !test.isValid)
  return new Map(failed.map((test) => [test.name, JSON.stringify(test.errors)]))
}

let wrong = 0
for (const file of files) {
  const original = join(originals, basename(file).replace('.csaf.json', '.json'))
  const before = existsSync(original) ? await failures(original) : new Map()
  for (const [name, errors] of await failures(file)) {
    if (!before.has(name)) {
      wrong += 1
      console.log(`${basename(file)}: ${name}: ${errors}`)
    }
  }
}
console.log(`${files.length} documents, ${Object.keys(basic).length} tests`)
process.exit(wrong ? 1 : 0)
