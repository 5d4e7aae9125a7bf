package protocol

import "encoding/hex"

// MaxTokenLength is the longest token the extended token length of RFC 8974 §2.1 can express.
const MaxTokenLength = 65804

// Token matches a response to its request (RFC 7252 §5.3.1). It has 0 to 8 bytes, or up to
// [MaxTokenLength] with extended token lengths (RFC 8974). Tokens are comparable: two are
// equal exactly if their bytes are.
type Token struct {
	long  string  // the bytes of a token longer than 8
	short [8]byte // the bytes of any other
	n     uint8   // how many of short are used
}

// TokenOf makes a token of the bytes. Up to eight bytes it does not allocate.
func TokenOf(b []byte) Token {
	var t Token
	if len(b) <= len(t.short) {
		t.n = uint8(copy(t.short[:], b))
		return t
	}
	t.long = string(b)
	return t
}

// Len is the number of bytes.
func (t Token) Len() int { return len(t.long) + int(t.n) }

// Append appends the token's bytes to b.
func (t Token) Append(b []byte) []byte {
	if t.long != "" {
		return append(b, t.long...)
	}
	return append(b, t.short[:t.n]...)
}

// Bytes gives a copy of the token's bytes.
func (t Token) Bytes() []byte { return t.Append(make([]byte, 0, t.Len())) }

// String gives the bytes in hexadecimal; the empty token is "".
func (t Token) String() string { return hex.EncodeToString(t.Bytes()) }
