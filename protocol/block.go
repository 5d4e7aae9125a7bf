package protocol

import "strconv"

// Block is the value of a Block1 or Block2 option (RFC 7959 §2.2).
type Block struct {
	Num  uint32 // block number, 0 to 1<<20-1
	More bool   // M: more blocks follow
	SZX  uint8  // size exponent, 0 to 6; 7 is reserved on UDP and means BERT on TCP (RFC 8323 §6)
}

// MaxBlockNum is the largest block number that fits the option (RFC 7959 §2.2).
const MaxBlockNum = 1<<20 - 1

// Size is the block size in bytes: 16 for SZX 0 to 1024 for SZX 6. SZX 7 counts as 1024.
func (b Block) Size() int { return 1 << (min(b.SZX, 6) + 4) }

// Offset is the position of the block's first byte in the body.
func (b Block) Offset() int { return int(b.Num) * b.Size() }

// Uint gives the option's value as a number.
func (b Block) Uint() uint32 {
	v := b.Num<<4 | uint32(b.SZX&7)
	if b.More {
		v |= 8
	}
	return v
}

// Value gives the option's value as bytes.
func (b Block) Value() []byte { return EncodeUint(uint64(b.Uint())) }

// String gives NUM/M/size, such as "3/1/256".
func (b Block) String() string {
	m := "/0/"
	if b.More {
		m = "/1/"
	}
	return strconv.FormatUint(uint64(b.Num), 10) + m + strconv.Itoa(b.Size())
}

// DecodeBlock reads a Block option's value; it is false for one of more than 3 bytes.
func DecodeBlock(value []byte) (Block, bool) {
	v, ok := DecodeUint(value)
	if !ok || v > 1<<24-1 {
		return Block{}, false
	}
	return Block{Num: uint32(v >> 4), More: v&8 != 0, SZX: uint8(v & 7)}, true
}

// SZXFor gives the size exponent of a block size, rounded down to a power of two from 16 to 1024.
func SZXFor(size int) uint8 {
	szx := uint8(0)
	for szx < 6 && size >= 1<<(szx+5) {
		szx++
	}
	return szx
}
