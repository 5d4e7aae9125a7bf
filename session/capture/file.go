package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// DamageError tells where a capture file is damaged, or not a capture file at all.
type DamageError struct {
	Offset int64 // of the first byte that is wrong, in the file after decompression
	Reason string
	Err    error // of reading, if that failed
}

func (e *DamageError) Error() string {
	text := fmt.Sprintf("capture file, byte %d: %s", e.Offset, e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the error of reading.
func (e *DamageError) Unwrap() error { return e.Err }

var epoch = time.Unix(0, 0).UTC()

// maxPacket is the largest packet that is believed; Wireshark writes at most 256 KiB.
const maxPacket = 16 << 20

// packet is a packet of a file as it stands there.
type packet struct {
	time      time.Time // zero where the file says none
	iface     string    // name of the interface, where known
	link      uint32    // LINKTYPE_ value
	data      []byte    // valid until the next packet is read
	truncated bool      // the capture cut it short
}

// file reads bytes and knows where it is.
type file struct {
	r      *bufio.Reader
	offset int64
	order  binary.ByteOrder
	head   [28]byte
	buffer []byte
}

// packets reads the file and calls take for each packet.
func packets(r io.Reader, take func(*packet)) error {
	f := &file{r: bufio.NewReaderSize(r, 64<<10)}
	if magic, _ := f.r.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(f.r)
		if err != nil {
			return &DamageError{0, "is not a gzip file", err}
		}
		f.r = bufio.NewReaderSize(unzipped, 64<<10)
	}
	magic, err := f.r.Peek(4)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return &DamageError{int64(len(magic)), "too short for a capture file", err}
	}
	if binary.LittleEndian.Uint32(magic) == sectionHeader {
		return f.pcapng(take)
	}
	return f.pcap(take)
}

// header reads n bytes, at most 28; false at the end of the file, if there is not even one.
func (f *file) header(n int, what string) ([]byte, bool, error) {
	b := f.head[:n]
	if _, err := io.ReadFull(f.r, b[:1]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, false, nil
		}
		return nil, false, &DamageError{f.offset, "cannot be read", err}
	}
	if err := f.fill(b[1:], 1, what); err != nil {
		return nil, false, err
	}
	return b, true, nil
}

// fill reads all of b, skipped bytes after the present offset, and puts the offset behind it.
func (f *file) fill(b []byte, skipped int64, what string) error {
	n, err := io.ReadFull(f.r, b)
	if err != nil {
		return f.ends(skipped+int64(n), what, err)
	}
	f.offset += skipped + int64(n)
	return nil
}

func (f *file) ends(after int64, what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &DamageError{f.offset + after, "the file ends within " + what, nil}
	}
	return &DamageError{f.offset + after, "cannot be read", err}
}

// body reads n bytes into the buffer, without believing n before the bytes are there.
func (f *file) body(n int, what string) ([]byte, error) {
	const step = 64 << 10
	f.buffer = f.buffer[:0]
	for len(f.buffer) < n {
		have := len(f.buffer)
		more := min(n-have, step)
		if cap(f.buffer)-have < more {
			f.buffer = append(f.buffer, make([]byte, more)...)
		} else {
			f.buffer = f.buffer[:have+more]
		}
		if err := f.fill(f.buffer[have:], 0, what); err != nil {
			return nil, err
		}
	}
	return f.buffer, nil
}

// skip passes over n bytes.
func (f *file) skip(n int64, what string) error {
	skipped, err := io.CopyN(io.Discard, f.r, n)
	if err != nil {
		return f.ends(skipped, what, err)
	}
	f.offset += n
	return nil
}

// pcap reads the classic format.
func (f *file) pcap(take func(*packet)) error {
	head, _, err := f.header(24, "the header")
	if err != nil {
		return err
	}
	var nanoseconds int64
	switch magic := head[:4]; {
	case bytes.Equal(magic, []byte{0xd4, 0xc3, 0xb2, 0xa1}):
		f.order, nanoseconds = binary.LittleEndian, 1000
	case bytes.Equal(magic, []byte{0x4d, 0x3c, 0xb2, 0xa1}):
		f.order, nanoseconds = binary.LittleEndian, 1
	case bytes.Equal(magic, []byte{0xa1, 0xb2, 0xc3, 0xd4}):
		f.order, nanoseconds = binary.BigEndian, 1000
	case bytes.Equal(magic, []byte{0xa1, 0xb2, 0x3c, 0x4d}):
		f.order, nanoseconds = binary.BigEndian, 1
	default:
		return &DamageError{0, fmt.Sprintf("%x begins neither a pcap nor a pcapng file", magic), nil}
	}
	if major := f.order.Uint16(head[4:]); major != 2 {
		return &DamageError{4, fmt.Sprintf("version %d of pcap is not known; editcap can convert it", major), nil}
	}
	p := packet{link: f.order.Uint32(head[20:]) & 0x03ffffff} // above it the length of a frame check sequence
	for {
		start := f.offset
		head, ok, err := f.header(16, "a packet's header")
		if !ok {
			return err
		}
		captured, original := f.order.Uint32(head[8:]), f.order.Uint32(head[12:])
		if captured > maxPacket {
			return &DamageError{start + 8, fmt.Sprintf("a packet of %d bytes", captured), nil}
		}
		p.time = time.Unix(int64(f.order.Uint32(head)), int64(f.order.Uint32(head[4:]))*nanoseconds).UTC()
		p.truncated = captured < original
		if p.data, err = f.body(int(captured), "a packet"); err != nil {
			return err
		}
		take(&p)
	}
}
