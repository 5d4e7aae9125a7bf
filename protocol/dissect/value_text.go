package dissect

import (
	"strings"

	"coapscope/protocol"
)

// optionText gives the meaning of an option's value.
func (t *Tree) optionText(o *OptionEntry) string {
	code := t.Code
	if o.Info == nil {
		return guessText(o.Value)
	}
	if !code.IsSignaling() {
		if s, ok := t.meaningText(o); ok {
			return s
		}
	}
	switch o.Info.Format {
	case protocol.FormatUint:
		if code == protocol.CSM && o.Number != protocol.BlockWiseTransfer {
			return uintText(o.Value) + " bytes"
		}
		return uintText(o.Value)
	case protocol.FormatString:
		return stringText(o.Value)
	case protocol.FormatEmpty:
		if len(o.Value) == 0 {
			return "present"
		}
	case protocol.FormatOpaque:
		if len(o.Value) == 0 {
			return "empty"
		}
	}
	return hexText(o.Value, "")
}

// meaningText gives the text of options that mean more than their format; false for all others.
func (t *Tree) meaningText(o *OptionEntry) (string, bool) {
	v, ok := protocol.DecodeUint(o.Value)
	switch o.Number {
	case protocol.IfMatch:
		if len(o.Value) == 0 {
			return "empty: any representation", true
		}
	case protocol.Observe:
		if t.Code.IsRequest() && ok {
			switch v {
			case protocol.ObserveRegister:
				return "0 register", true
			case protocol.ObserveDeregister:
				return "1 deregister", true
			}
		}
	case protocol.ContentFormatOption, protocol.Accept:
		if ok && v <= 0xffff {
			return t.contentFormatText(protocol.ContentFormat(v)), true
		}
	case protocol.MaxAge:
		if ok {
			return number(v) + " s", true
		}
	case protocol.Size1, protocol.Size2:
		if ok {
			return number(v) + " bytes", true
		}
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		if b, ok := protocol.DecodeBlock(o.Value); ok {
			return t.blockText(b), true
		}
	case protocol.NoResponse:
		if ok && v <= 0xff {
			return number(v) + " " + noResponseText(byte(v)), true
		}
	case protocol.OSCORE:
		return oscoreText(o.Value), true
	}
	return "", false
}

func (t *Tree) contentFormatText(f protocol.ContentFormat) string {
	info, ok := t.Names.ContentFormat(f)
	if !ok {
		return number(uint64(f)) + " not registered"
	}
	s := number(uint64(f)) + " " + info.MediaType
	if info.Coding != "" {
		s += ", " + info.Coding
	}
	return s
}

// blockText gives a Block value and the bytes of the body that it stands for.
func (t *Tree) blockText(b protocol.Block) string {
	return t.blockParams(b) + " (" + t.blockRange(b) + ")"
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
func (t *Tree) blockRange(b protocol.Block) string {
	if b.SZX == 7 && t.Framing.Reliable() {
		return "blocks of 1024 bytes from byte " + numberOf(b.Offset())
	}
	return "bytes " + numberOf(b.Offset()) + "–" + numberOf(b.Offset()+b.Size()-1)
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
