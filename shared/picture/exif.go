package picture

import (
	"encoding/binary"
	"slices"
)

// Tags and types of EXIF.
const (
	tagOrientation = 0x0112
	tagExif        = 0x8769 // in the first directory: where the directory of EXIF lies
	tagComment     = 0x9286

	typeShort     = 3
	typeLong      = 4
	typeUndefined = 7

	entrySize  = 12
	maxEntries = 0xffff
)

// exif is EXIF as a TIFF file without pixels. Places in it count from its beginning, so what is there can stay where it is
// and new directories are written behind it.
type exif struct {
	data  []byte
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
}

// directory is a list of entries, by tag.
type directory struct {
	at      uint32
	entries [][]byte
	next    uint32
}

func newExif(text string) []byte {
	x := exif{data: []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"), order: binary.BigEndian}
	return x.withComment(directory{at: 8}, directory{}, text)
}

// addComment adds the text as a UserComment. It is false where one is there already, or the EXIF does not parse.
func addComment(data []byte, text string) ([]byte, bool) {
	x, first, ok := readExif(data)
	if !ok {
		return nil, false
	}
	var second directory
	if x.index(first, tagExif) >= 0 {
		var at uint32
		if at, ok = x.number(first, tagExif); ok {
			second, ok = x.directory(at)
		}
	}
	if !ok || x.index(second, tagComment) >= 0 || max(len(first.entries), len(second.entries)) == maxEntries {
		return nil, false
	}
	x.data = slices.Clone(data)
	return x.withComment(first, second, text), true
}

func readExif(data []byte) (x exif, first directory, ok bool) {
	if len(data) < 8 {
		return x, first, false
	}
	switch string(data[:4]) {
	case "MM\x00\x2a":
		x = exif{data: data, order: binary.BigEndian}
	case "II\x2a\x00":
		x = exif{data: data, order: binary.LittleEndian}
	default:
		return x, first, false
	}
	first, ok = x.directory(x.order.Uint32(data[4:]))
	return x, first, ok
}

func (x exif) directory(at uint32) (d directory, ok bool) {
	size := uint64(len(x.data))
	if uint64(at)+2 > size {
		return d, false
	}
	end := uint64(at) + 2 + uint64(x.order.Uint16(x.data[at:]))*entrySize
	if end+4 > size {
		return d, false
	}
	d.at, d.next = at, x.order.Uint32(x.data[end:])
	d.entries = slices.Collect(slices.Chunk(x.data[at+2:end], entrySize))
	return d, true
}

func (x exif) index(d directory, tag uint16) int {
	return slices.IndexFunc(d.entries, func(e []byte) bool { return x.order.Uint16(e) == tag })
}

// number returns a single whole number.
func (x exif) number(d directory, tag uint16) (n uint32, ok bool) {
	at := x.index(d, tag)
	if at < 0 || x.order.Uint32(d.entries[at][4:]) != 1 {
		return 0, false
	}
	switch e := d.entries[at]; x.order.Uint16(e[2:]) {
	case typeShort:
		return uint32(x.order.Uint16(e[8:])), true
	case typeLong:
		return x.order.Uint32(e[8:]), true
	}
	return 0, false
}

// withComment writes the text and a new directory of EXIF behind what is there, and lets the first directory point to it.
func (x exif) withComment(first, second directory, text string) []byte {
	value := comment(text)
	at := x.append(value)
	at = x.appendDirectory(x.with(second, tagComment, typeUndefined, len(value), at))
	if n := x.index(first, tagExif); n >= 0 {
		x.order.PutUint32(x.data[int(first.at)+2+n*entrySize+8:], at)
		return x.data
	}
	at = x.appendDirectory(x.with(first, tagExif, typeLong, 1, at))
	x.order.PutUint32(x.data[4:], at)
	return x.data
}

// with returns the directory with one entry more, in the order of tags.
func (x exif) with(d directory, tag, kind uint16, count int, value uint32) directory {
	e := x.order.AppendUint16(nil, tag)
	e = x.order.AppendUint16(e, kind)
	e = x.order.AppendUint32(e, uint32(count)) // texts are bounded far below
	e = x.order.AppendUint32(e, value)
	at := slices.IndexFunc(d.entries, func(e []byte) bool { return x.order.Uint16(e) > tag })
	if at < 0 {
		at = len(d.entries)
	}
	d.entries = slices.Insert(slices.Clone(d.entries), at, e)
	return d
}

func (x *exif) appendDirectory(d directory) (at uint32) {
	out := x.order.AppendUint16(nil, uint16(len(d.entries))) // at most maxEntries
	out = x.order.AppendUint32(append(out, slices.Concat(d.entries...)...), d.next)
	return x.append(out)
}

// append writes at an even place, as TIFF wants it.
func (x *exif) append(value []byte) (at uint32) {
	if len(x.data)%2 == 1 {
		x.data = append(x.data, 0)
	}
	at = uint32(len(x.data)) // part of a file below 4 GiB
	x.data = append(x.data, value...)
	return at
}
