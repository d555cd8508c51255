// Package picture reads and writes what a PNG, JPEG or WebP file says beside its pixels: how the picture was made, which
// way up it lies, and whether the file is whole. It never decodes a pixel, and the compressed pixels stay as they are.
//
// # The text that image tools read
//
// A PNG holds it in a chunk tEXt, or iTXt where Latin-1 does not suffice, under the key "parameters". JPEG and WebP hold it
// in EXIF's UserComment, as UTF-16 in big-endian order whatever the order of the other values, because that is what most
// readers decode without a look at the byte order. [Write] begins the comment with a byte order mark only where the text
// reads as broken UTF-16 in the other order: SD Prompt Reader tries that one first and gives up when it fails. Readers
// that do not know the mark show it as U+FEFF, which has no width.
//
// # Settings
//
// Beside that text a file holds settings for Easel itself, whatever bytes they are: a PNG in a text chunk under the key
// "easel", a JPEG in segments APP10 that begin with "easel" and a zero byte, a WebP in a chunk EASL at its end.
//
// # What is left alone
//
// [Write] returns a file unchanged if it is damaged, has several frames, or carries a C2PA manifest, which any change would
// break. Of EXIF that is there it keeps every value; a UserComment, or a text under the same key, is not replaced.
package picture
