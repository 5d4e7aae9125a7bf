package protocol

// AppendUint appends v in the uint format of RFC 7252 §3.2: network byte order without
// leading zero bytes, so that 0 is no byte at all.
func AppendUint(b []byte, v uint64) []byte {
	shift := 0
	for s := v; s > 0xff; s >>= 8 {
		shift += 8
	}
	if v == 0 {
		return b
	}
	for ; shift >= 0; shift -= 8 {
		b = append(b, byte(v>>shift))
	}
	return b
}

// EncodeUint gives v in the uint format of RFC 7252 §3.2.
func EncodeUint(v uint64) []byte { return AppendUint(nil, v) }

// DecodeUint reads a value of uint format. Leading zero bytes are accepted, as
// RFC 7252 §3.2 asks of a recipient. It is false if the number needs more than 64 bits.
func DecodeUint(b []byte) (uint64, bool) {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) > 8 {
		return 0, false
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, true
}
