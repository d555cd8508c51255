// Reads pictures as exifreader and exiftool do. Usage: read.mjs FILE... > lines of JSON.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ExifReader from 'exifreader';

const files = process.argv.slice(2);
const tell = (line) => console.log(JSON.stringify(line));

// exifreader leaves it to its caller to decode what is not ASCII.
const commentOf = ({ UserComment }) => new TextDecoder('utf-16be').decode(Uint8Array.from(UserComment.value.slice(8)));

for (const file of files) {
  try {
    const { exif, png, pngText } = ExifReader.load(readFileSync(file), { expanded: true });
    tell({ reader: 'exifreader', file, text: exif ? commentOf(exif) : (pngText ?? png).parameters.description });
  } catch (error) {
    tell({ reader: 'exifreader', file, error: String(error) });
  }
}

const exiftool = fileURLToPath(new URL('node_modules/exiftool-vendored.pl/bin/exiftool', import.meta.url));
const options = ['-json', '-api', 'structformat=jsonq', '-charset', 'utf8', '-UserComment', '-Parameters', '-Warning', '-Error'];
const found = JSON.parse(execFileSync('perl', [exiftool, ...options, ...files], { maxBuffer: 1 << 26 }));
for (const { SourceFile, UserComment, Parameters, Warning, Error } of found) {
  tell({ reader: 'exiftool', file: SourceFile, text: UserComment ?? Parameters, error: Warning ?? Error });
}
