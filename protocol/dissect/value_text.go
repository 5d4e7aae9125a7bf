package dissect

import (
	"strings"

	"coapscope/protocol"
)

// optionText gives the meaning of an option's value.
func (t *Tree) optionText(o *OptionEntry) string { return string(t.appendOptionText(nil, o)) }

func (t *Tree) appendOptionText(b []byte, o *OptionEntry) []byte {
	code := t.Code
	if o.Info == nil {
		return append(b, guessText(o.Value)...)
	}
	if !code.IsSignaling() {
		if text, ok := t.appendMeaning(b, o); ok {
			return text
		}
	}
	switch o.Info.Format {
	case protocol.FormatUint:
		b = appendUint(b, o.Value)
		if code.IsSignaling() {
			return t.appendSignalingUnit(b, o)
		}
		return b
	case protocol.FormatString:
		return appendString(b, o.Value)
	case protocol.FormatEmpty:
		if len(o.Value) == 0 {
			return append(b, "present"...)
		}
	case protocol.FormatOpaque:
		if len(o.Value) == 0 {
			return append(b, "empty"...)
		}
	}
	return appendHex(b, o.Value, "")
}

// appendMeaning gives the text of options that mean more than their format; false for all others.
func (t *Tree) appendMeaning(b []byte, o *OptionEntry) ([]byte, bool) {
	v, ok := protocol.DecodeUint(o.Value)
	switch o.Number {
	case protocol.IfMatch:
		if len(o.Value) == 0 {
			return append(b, "empty: any representation"...), true
		}
	case protocol.Observe:
		if t.Code.IsRequest() && ok {
			switch v {
			case protocol.ObserveRegister:
				return append(b, "0 register"...), true
			case protocol.ObserveDeregister:
				return append(b, "1 deregister"...), true
			}
		}
	case protocol.ContentFormatOption, protocol.Accept:
		if ok && v <= 0xffff {
			return t.appendContentFormat(b, protocol.ContentFormat(v)), true
		}
	case protocol.MaxAge:
		if ok {
			return append(appendNumber(b, v), " s"...), true
		}
	case protocol.OCFAcceptContentFormatVersion, protocol.OCFContentFormatVersion:
		if ok && v <= 0xffff {
			return appendVersion(b, v), true
		}
	case protocol.Size1, protocol.Size2:
		if ok && v == 0 && o.Number == protocol.Size2 && t.Code.IsRequest() {
			return append(b, "0: asks for the size"...), true
		}
		if ok && v <= 1<<32-1 {
			return appendCount(b, int(v), "byte"), true
		}
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		if block, ok := protocol.DecodeBlock(o.Value); ok {
			b = append(append(b, t.blockParams(block)...), " ("...)
			return append(t.appendBlockRange(b, block), ')'), true
		}
	case protocol.NoResponse:
		if ok && v <= 0xff {
			return append(append(appendNumber(b, v), ' '), noResponseText(byte(v))...), true
		}
	case protocol.OSCORE:
		return append(b, oscoreText(o.Value)...), true
	}
	return b, false
}

func (t *Tree) appendContentFormat(b []byte, f protocol.ContentFormat) []byte {
	b = appendNumber(b, uint64(f))
	info, ok := t.Names.ContentFormat(f)
	if !ok {
		return append(b, " not registered"...)
	}
	b = append(append(b, ' '), info.MediaType...)
	if info.Coding != "" {
		b = append(append(b, ", "...), info.Coding...)
	}
	return b
}

// blockParams gives NUM/M/size, with BERT for the size that only reliable transports have (RFC 8323 §6).
func (t *Tree) blockParams(b protocol.Block) string {
	s := b.String()
	if b.SZX != 7 || !t.Framing.Reliable() {
		return s
	}
	return s[:strings.LastIndexByte(s, '/')+1] + "BERT"
}

// blockRange gives the bytes of the body that the block holds, such as "bytes 768–1023".
func (t *Tree) blockRange(block protocol.Block) string {
	return string(t.appendBlockRange(nil, block))
}

func (t *Tree) appendBlockRange(b []byte, block protocol.Block) []byte {
	from := uint64(block.Offset())
	if block.SZX == 7 && t.Framing.Reliable() {
		return appendNumber(append(b, "blocks of 1024 bytes from byte "...), from)
	}
	b = append(appendNumber(append(b, "bytes "...), from), "–"...)
	return appendNumber(b, from+uint64(block.Size())-1)
}

// noResponseText says in which responses a client has no interest (RFC 7967 §2.1).
func noResponseText(v byte) string {
	var classes []string
	for _, c := range [...]struct {
		bit  byte
		name string
	}{{0x02, "2.xx"}, {0x08, "4.xx"}, {0x10, "5.xx"}} {
		if v&c.bit != 0 {
			classes = append(classes, c.name)
		}
	}
	if len(classes) == 0 {
		return "all responses wanted"
	}
	return "no " + strings.Join(classes, ", ")
}

// oscoreText gives the parts of an OSCORE value (RFC 8613 §6.1).
func oscoreText(v []byte) string {
	if len(v) == 0 {
		return "no Partial IV, no kid"
	}
	flags, rest := v[0], v[1:]
	take := func(n int) []byte {
		n = min(n, len(rest))
		part := rest[:n]
		rest = rest[n:]
		return part
	}
	var parts []string
	if n := int(flags & 7); n > 0 {
		parts = append(parts, "Partial IV "+orEmpty(hexText(take(n), "")))
	}
	if flags&0x10 != 0 {
		if length := take(1); len(length) > 0 {
			parts = append(parts, "kid context "+orEmpty(hexText(take(int(length[0])), "")))
		}
	}
	if flags&8 != 0 {
		parts = append(parts, "kid "+orEmpty(hexText(rest, "")))
	}
	if len(parts) == 0 {
		return "flags 0x" + hexText(v, "")
	}
	return strings.Join(parts, " · ")
}

func orEmpty(s string) string {
	if s == "" {
		return "empty"
	}
	return s
}

// shortOptionText is optionText for a cell of the bit grid.
func (t *Tree) shortOptionText(o *OptionEntry) string {
	if o.Info == nil || t.Code.IsSignaling() {
		return t.optionText(o)
	}
	switch o.Number {
	case protocol.ContentFormatOption, protocol.Accept, protocol.MaxAge, protocol.Size1, protocol.Size2, protocol.NoResponse:
		return uintText(o.Value)
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		if b, ok := protocol.DecodeBlock(o.Value); ok {
			return t.blockParams(b)
		}
	}
	return t.optionText(o)
}
