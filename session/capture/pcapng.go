package capture

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"time"
)

// Blocks of pcapng and what of them is read (draft-ietf-opsawg-pcapng §4).
const (
	sectionHeader        = 0x0a0d0d0a
	byteOrderMagic       = 0x1a2b3c4d
	interfaceDescription = 1
	obsoletePacket       = 2
	simplePacket         = 3
	enhancedPacket       = 6

	optionEnd              = 0
	optionInterfaceName    = 2
	optionTimeResolution   = 9
	optionTimeOffset       = 14
	maxInterfaces          = 1 << 16
	maxBlock               = maxPacket + 1<<20
	blockFrame             = 12 // type, length, and the length again
	enhancedPacketHead     = 20
	interfaceHead          = 8
	defaultTicksPerSecond  = 1_000_000
	sectionHeaderWithFrame = 28
)

// source is an interface of the section that is being read.
type source struct {
	name           string
	link           uint32
	snap           uint32 // 0 for no limit
	ticksPerSecond uint64
	offset         int64 // seconds
}

// time makes a time of a count of ticks.
func (s *source) time(ticks uint64) time.Time {
	seconds, rest := ticks/s.ticksPerSecond, ticks%s.ticksPerSecond
	high, low := bits.Mul64(rest, uint64(time.Second))
	nanoseconds, _ := bits.Div64(high, low, s.ticksPerSecond) // below 1e9, as rest is below the divisor
	if seconds > math.MaxInt64/2 {
		return time.Time{}
	}
	return time.Unix(int64(seconds)+s.offset, int64(nanoseconds)).UTC()
}

// pcapng reads the block format.
func (f *file) pcapng(take func(*packet)) error {
	f.order = binary.LittleEndian
	var sources []source
	var p packet
	for {
		start := f.offset
		head, ok, err := f.header(8, "a block's header")
		if !ok {
			return err
		}
		kind, length := f.order.Uint32(head), f.order.Uint32(head[4:])
		if kind == sectionHeader {
			if err := f.fill(f.head[8:12], 0, "a section header"); err != nil {
				return err
			}
			switch magic := f.head[8:12]; {
			case binary.LittleEndian.Uint32(magic) == byteOrderMagic:
				f.order = binary.LittleEndian
			case binary.BigEndian.Uint32(magic) == byteOrderMagic:
				f.order = binary.BigEndian
			default:
				return &DamageError{start + 8, fmt.Sprintf("%x is not a byte order", magic), nil}
			}
			length = f.order.Uint32(head[4:8])
			if length < sectionHeaderWithFrame {
				return &DamageError{start + 4, fmt.Sprintf("a section header of %d bytes", length), nil}
			}
		}
		if length < blockFrame || length%4 != 0 {
			return &DamageError{start + 4, fmt.Sprintf("a block of %d bytes", length), nil}
		}
		rest := start + int64(length) - 4 - f.offset
		var body []byte
		switch kind {
		case sectionHeader, interfaceDescription, obsoletePacket, simplePacket, enhancedPacket:
			if length > maxBlock {
				return &DamageError{start + 4, fmt.Sprintf("a block of %d bytes", length), nil}
			}
			body, err = f.body(int(rest), "a block")
		default:
			err = f.skip(rest, "a block")
		}
		if err != nil {
			return err
		}
		trailer := f.head[:4]
		if err := f.fill(trailer, 0, "a block"); err != nil {
			return err
		}
		if again := f.order.Uint32(trailer); again != length {
			return &DamageError{f.offset - 4, fmt.Sprintf("a block of %d bytes ends with the length %d", length, again), nil}
		}
		at := start + 8
		switch kind {
		case sectionHeader:
			if major := f.order.Uint16(body); major != 1 {
				return &DamageError{start + 12, fmt.Sprintf("version %d of pcapng is not known", major), nil}
			}
			sources = sources[:0]
		case interfaceDescription:
			if len(sources) == maxInterfaces {
				return &DamageError{start, "more than 65536 interfaces", nil}
			}
			s, err := f.source(body, at)
			if err != nil {
				return err
			}
			sources = append(sources, s)
		case enhancedPacket, obsoletePacket:
			if len(body) < enhancedPacketHead {
				return &DamageError{start + 4, "a packet block without its header", nil}
			}
			index := f.order.Uint32(body)
			if kind == obsoletePacket {
				index = uint32(f.order.Uint16(body)) // the other half counts drops
			}
			if uint64(index) >= uint64(len(sources)) {
				return &DamageError{at, fmt.Sprintf("a packet of interface %d of %d", index, len(sources)), nil}
			}
			s := &sources[index]
			captured, original := f.order.Uint32(body[12:]), f.order.Uint32(body[16:])
			if uint64(captured) > uint64(len(body)-enhancedPacketHead) {
				return &DamageError{at + 12, fmt.Sprintf("a packet of %d bytes in a block of %d", captured, length), nil}
			}
			p = packet{
				s.time(uint64(f.order.Uint32(body[4:]))<<32 | uint64(f.order.Uint32(body[8:]))), s.name, s.link,
				body[enhancedPacketHead:][:captured], captured < original,
			}
			take(&p)
		case simplePacket:
			if len(body) < 4 || len(sources) == 0 {
				return &DamageError{at, "a simple packet without a length or an interface", nil}
			}
			s := &sources[0]
			original := f.order.Uint32(body)
			captured := original
			if s.snap != 0 {
				captured = min(captured, s.snap)
			}
			if uint64(captured) > uint64(len(body)-4) {
				return &DamageError{at, fmt.Sprintf("a packet of %d bytes in a block of %d", captured, length), nil}
			}
			p = packet{time.Time{}, s.name, s.link, body[4:][:captured], captured < original}
			take(&p)
		}
	}
}

// source reads an interface description, which stands at that offset.
func (f *file) source(body []byte, at int64) (source, error) {
	s := source{ticksPerSecond: defaultTicksPerSecond}
	if len(body) < interfaceHead {
		return s, &DamageError{at, "an interface description without its header", nil}
	}
	s.link, s.snap = uint32(f.order.Uint16(body)), f.order.Uint32(body[4:])
	for pos := interfaceHead; len(body)-pos >= 4; {
		code, length := f.order.Uint16(body[pos:]), int(f.order.Uint16(body[pos+2:]))
		if code == optionEnd {
			break
		}
		if length > len(body)-pos-4 {
			return s, &DamageError{at + int64(pos) + 2, fmt.Sprintf("an option of %d bytes runs past its block", length), nil}
		}
		value := body[pos+4:][:length]
		switch code {
		case optionInterfaceName:
			s.name = string(value)
		case optionTimeResolution:
			ticks, ok := resolution(value)
			if !ok {
				return s, &DamageError{at + int64(pos) + 4, fmt.Sprintf("%x is not a resolution of time", value), nil}
			}
			s.ticksPerSecond = ticks
		case optionTimeOffset:
			if length != 8 {
				return s, &DamageError{at + int64(pos) + 2, fmt.Sprintf("an offset of time of %d bytes", length), nil}
			}
			s.offset = int64(f.order.Uint64(value))
			if s.offset > math.MaxInt64/4 || s.offset < math.MinInt64/4 {
				return s, &DamageError{at + int64(pos) + 4, "an offset of time beyond all times", nil}
			}
		}
		pos += 4 + (length+3)&^3
	}
	return s, nil
}

// resolution reads if_tsresol: a negative power of 2 with the high bit, of 10 without.
func resolution(value []byte) (ticksPerSecond uint64, ok bool) {
	if len(value) != 1 {
		return 0, false
	}
	exponent := int(value[0] & 0x7f)
	if value[0]&0x80 != 0 {
		return 1 << min(exponent, 63), exponent <= 63
	}
	ticksPerSecond = 1
	for range min(exponent, 19) {
		ticksPerSecond *= 10
	}
	return ticksPerSecond, exponent <= 19
}
