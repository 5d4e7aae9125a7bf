package dissect

import "coapscope/protocol"

var kindNames = [kindCount]string{
	Undecodable: "Undecodable",
	Header:      "Header", Version: "Version", MessageType: "Type", TokenLength: "Token length",
	Code: "Code", CodeClass: "Class", CodeDetail: "Detail", MessageID: "Message ID",
	Length: "Length", LengthExtension: "Extended length",
	TokenLengthExtension: "Token length, extended", Token: "Token",
	OptionsGroup: "Options", Option: "Option", OptionDelta: "Option delta", OptionDeltaExtension: "Option delta, extended",
	OptionLength: "Option length", OptionLengthExtension: "Option length, extended", OptionValue: "Option value",
	OptionsUndrawn: "More options",
	BlockNum:       "Block number", BlockMore: "More blocks", BlockSZX: "Block size",
	NoResponseReserved: "Reserved", NoResponse5xx: "No 5.xx", NoResponse4xx: "No 4.xx", NoResponse2xx: "No 2.xx",
	OSCOREReserved: "Reserved", OSCOREKidContextFlag: "kid context flag", OSCOREKidFlag: "kid flag",
	OSCOREPartialIVLength: "Partial IV length", OSCOREPartialIV: "Partial IV",
	OSCOREKidContextLength: "kid context length", OSCOREKidContext: "kid context", OSCOREKid: "kid",
	OCFMajor: "Major", OCFMinor: "Minor", OCFSub: "Sub",
	PayloadGroup: "Payload", PayloadMarker: "Payload marker", Payload: "Payload data",
}

// String gives the kind's name, such as "Token length".
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return "Kind(" + number(uint64(k)) + ")"
}

// Name gives the field's name: "Version", "Token length", and for an option its number and name, "6 Observe".
func (t *Tree) Name(i int) string {
	if t.valid(i) && t.Fields[i].Kind != Option {
		return t.Fields[i].Kind.String()
	}
	var room [maxRoom]byte
	return string(t.AppendName(room[:0], i))
}

// AppendName appends the text of [Tree.Name]. What writes many fields takes no memory for each then.
func (t *Tree) AppendName(b []byte, i int) []byte {
	if !t.valid(i) {
		return b
	}
	f := &t.Fields[i]
	if f.Kind != Option {
		return append(b, f.Kind.String()...)
	}
	switch {
	case f.Number == NumberUnknown:
		return append(b, "Option of unknown number"...)
	case f.Number > 0xffff:
		return appendNumber(append(b, "Option "...), f.Number)
	}
	b = appendNumber(b, f.Number)
	if info := t.Options[f.Option].Info; info != nil {
		return append(append(b, ' '), info.Name...)
	}
	return append(b, " unknown"...)
}

// codeText gives the code with its name.
func (t *Tree) codeText() string { return t.Names.CodeString(t.Code) }

// Title gives the field's name where it stands alone: "Option 6 Observe".
func (t *Tree) Title(i int) string {
	name := t.Name(i)
	if t.valid(i) && t.Fields[i].Kind == Option && t.Fields[i].Number <= 0xffff {
		return "Option " + name
	}
	return name
}

// Value gives the field's value in words: "2 Acknowledgement", "0x7d34 (32052)", "60 application/cbor",
// "3/1/256 (bytes 768–1023)".
func (t *Tree) Value(i int) string {
	var room [maxRoom]byte
	return string(t.AppendValue(room[:0], i))
}

// AppendValue appends the text of [Tree.Value].
func (t *Tree) AppendValue(b []byte, i int) []byte {
	if !t.valid(i) {
		return b
	}
	f := &t.Fields[i]
	switch f.Kind {
	case MessageType:
		return append(append(appendNumber(b, f.Number), ' '), t.Type.Name()...)
	case Code:
		return append(b, t.codeText()...)
	case MessageID:
		if f.Cut {
			return append(b, t.cutText(i, 2)...)
		}
		b = appendHex(append(b, "0x"...), t.Raw(i), "")
		return append(appendNumber(append(b, " ("...), f.Number), ')')
	case Token, OSCOREPartialIV, OSCOREKidContext, OSCOREKid:
		if f.Cut {
			return append(b, t.cutText(i, f.Number)...)
		}
		b = appendHex(b, t.Raw(i), "")
		if v, ok := protocol.DecodeUint(t.Raw(i)); ok && f.Kind == OSCOREPartialIV {
			b = append(appendNumber(append(b, " ("...), v), ')')
		}
		return b
	case OptionsGroup:
		return appendCount(append(appendNumber(b, f.Number), " · "...), f.Bits/8, "byte")
	case Header, OptionsUndrawn, Undecodable:
		return appendCount(b, f.Bits/8, "byte")
	case Option, OptionValue:
		return t.appendOptionValue(b, i)
	case TokenLength, OptionDelta, OptionLength:
		return appendNibble(b, byte(f.Number))
	case Length:
		if f.Number == nibbleReserved {
			return append(b, "15: four bytes follow"...)
		}
		return appendNibble(b, byte(f.Number))
	case TokenLengthExtension, OptionDeltaExtension, OptionLengthExtension, LengthExtension:
		if f.Cut {
			return append(b, t.cutText(i, t.extensionBytes(i))...)
		}
		return appendSum(b, f)
	case BlockSZX:
		return t.appendSZX(b, f)
	case PayloadMarker:
		return append(b, "0xff"...)
	case PayloadGroup, Payload:
		return t.appendPayload(b)
	}
	return appendNumber(b, f.Number)
}

// cutText gives the bytes that are there of the field, and how many there should be.
func (t *Tree) cutText(i int, want uint64) string {
	have := t.Raw(i)
	return hexText(have, "") + " (" + numberOf(len(have)) + " of " + count(int(want), "byte") + ")"
}

// appendNibble gives a 4-bit length or delta with what its special values mean.
func appendNibble(b []byte, n byte) []byte {
	switch n {
	case nibble8:
		return append(b, "13: one byte follows"...)
	case nibble16:
		return append(b, "14: two bytes follow"...)
	case nibbleReserved:
		return append(b, "15: reserved"...)
	}
	return appendNumber(b, uint64(n))
}

// appendSum gives the sum that an extension makes, "12 (+ 13 = 25)".
func appendSum(b []byte, f *Field) []byte {
	base := extensionBase(f)
	b = append(appendNumber(b, f.Number), " (+ "...)
	b = append(appendNumber(b, base), " = "...)
	return append(appendNumber(b, f.Number+base), ')')
}

// extensionBytes is how many bytes an extension that is cut off should have.
func (t *Tree) extensionBytes(i int) uint64 {
	if t.Fields[i].Kind == LengthExtension {
		return uint64(lengthBytes(t.Bytes[0] >> 4))
	}
	return 2
}

func extensionBase(f *Field) uint64 {
	if f.Kind == LengthExtension {
		return lengthBase(f.Bits / 8)
	}
	if f.Bits == 8 {
		return base8
	}
	return base16
}

func (t *Tree) appendSZX(b []byte, f *Field) []byte {
	if f.Number == 7 {
		if t.Framing.Reliable() {
			return append(b, "7 · BERT, blocks of 1024 bytes"...)
		}
		return append(b, "7 reserved"...)
	}
	b = append(appendNumber(b, f.Number), " · "...)
	return append(appendNumber(b, 1<<(f.Number+4)), " bytes"...)
}

func (t *Tree) appendOptionValue(b []byte, i int) []byte {
	f := &t.Fields[i]
	o := &t.Options[f.Option]
	if !o.Broken {
		return t.appendOptionText(b, o)
	}
	if o.ValueAt >= 0 {
		return append(b, t.cutText(o.ValueAt, t.Fields[o.ValueAt].Number)...)
	}
	return append(b, "not readable"...)
}

func (t *Tree) appendPayload(b []byte) []byte {
	if len(t.Payload) == 0 {
		return append(b, "none"...)
	}
	b = appendCount(b, len(t.Payload), "byte")
	switch f, ok := t.ContentFormat(); {
	case t.FirstOption(protocol.OSCORE) >= 0 && !t.Code.IsSignaling():
		return append(b, " OSCORE ciphertext"...)
	case ok:
		return append(append(b, ' '), t.Names.ContentFormatString(f)...)
	case t.isDiagnostic():
		return append(b, " diagnostic text"...)
	}
	return b
}

// isDiagnostic tells whether a payload without Content-Format is a diagnostic one (RFC 7252 §5.5.2,
// RFC 8323 §5.1).
func (t *Tree) isDiagnostic() bool {
	return t.Code.Class() == 4 || t.Code.Class() == 5 || t.Framing.Reliable() && t.Code.IsSignaling()
}

// Label gives the text of the field's cell in a bit grid: "v1", "ACK", "TKL 2", "Δ 6", "Content-Format 60".
func (t *Tree) Label(i int) string {
	if !t.valid(i) {
		return ""
	}
	f := &t.Fields[i]
	n := number(f.Number)
	switch f.Kind {
	case Undecodable:
		return "? " + count(f.Bits/8, "byte")
	case Version:
		return "v" + n
	case MessageType:
		return t.Type.String()
	case TokenLength:
		return "TKL " + n
	case Code:
		return t.Code.Dotted()
	case CodeClass:
		return "class " + n
	case CodeDetail:
		if f.Number < 10 {
			n = "0" + n
		}
		return "detail " + n
	case MessageID:
		return "Message ID 0x" + hexText(t.Raw(i), "")
	case Length:
		return "Len " + n
	case LengthExtension:
		return "Len +" + n
	case TokenLengthExtension:
		return "TKL +" + n
	case Token:
		return "Token " + hexText(t.Raw(i), " ")
	case Option:
		return t.Name(i)
	case OptionDelta:
		return "Δ " + n
	case OptionDeltaExtension:
		return "Δ +" + n
	case OptionLength:
		return "len " + n
	case OptionLengthExtension:
		return "len +" + n
	case OptionValue:
		return t.optionLabel(f)
	case BlockNum:
		return "NUM " + n
	case BlockMore:
		return "M " + n
	case BlockSZX:
		return "SZX " + n
	case NoResponseReserved, OSCOREReserved:
		return "res " + n
	case NoResponse5xx, NoResponse4xx, NoResponse2xx:
		return f.Kind.String()[3:] + " " + n
	case OCFMajor, OCFMinor, OCFSub:
		return "v" + n
	case OSCOREKidContextFlag:
		return "h " + n
	case OSCOREKidFlag:
		return "k " + n
	case OSCOREPartialIVLength:
		return "n " + n
	case OSCOREKidContextLength:
		return "s " + n
	case OSCOREPartialIV, OSCOREKidContext, OSCOREKid:
		return f.Kind.String() + " " + hexText(t.Raw(i), " ")
	case PayloadMarker:
		return "payload marker"
	case Payload:
		return t.payloadLabel()
	case OptionsUndrawn:
		return "more options · " + count(f.Bits/8, "byte")
	}
	return t.Name(i)
}

// name gives the option's name, or "option" and its number.
func (o *OptionEntry) name() string {
	if o.Info != nil {
		return o.Info.Name
	}
	return "option " + number(uint64(o.Number))
}

func (t *Tree) optionLabel(f *Field) string {
	o := &t.Options[f.Option]
	switch {
	case o.Broken:
		return o.name() + " " + t.Value(o.Field)
	case o.Info == nil:
		return o.name() + " " + hexText(o.Value, " ")
	}
	return shorten(o.name() + " " + t.shortOptionText(o))
}

func (t *Tree) payloadLabel() string {
	s := "payload · " + count(len(t.Payload), "byte")
	switch f, ok := t.ContentFormat(); {
	case t.FirstOption(protocol.OSCORE) >= 0 && !t.Code.IsSignaling():
		s += " ciphertext"
	case ok:
		s += " " + t.formatName(f)
	case t.isDiagnostic():
		s += " text"
	}
	return s
}

// Flags gives the option's properties as the letters of RFC 7252 §5.10: C critical, U unsafe, N no cache key.
// It is empty for a field that is not of an option, and for options of signalling messages beyond C.
func (t *Tree) Flags(i int) string {
	if o := t.optionOf(i); o != nil {
		if t.Code.IsSignaling() {
			return flagLetters(o.Number & 1)
		}
		return flagLetters(o.Number)
	}
	return ""
}

// FlagWords gives the option's properties in words, such as "elective, unsafe"; empty for any other field.
func (t *Tree) FlagWords(i int) string {
	o := t.optionOf(i)
	if o == nil {
		return ""
	}
	return t.flagWords(o)
}

// flagWords gives the option's properties in words; in signalling messages that is critical or elective alone.
func (t *Tree) flagWords(o *OptionEntry) string {
	switch {
	case !t.Code.IsSignaling():
		return flagWords(o.Number)
	case o.Number.Critical():
		return "critical"
	}
	return "elective"
}

// optionOf gives the option that the field belongs to, nil where there is none or its number is unknown.
func (t *Tree) optionOf(i int) *OptionEntry {
	if !t.valid(i) || t.Fields[i].Option < 0 {
		return nil
	}
	o := &t.Options[t.Fields[i].Option]
	if t.Fields[o.Field].Number > 0xffff {
		return nil
	}
	return o
}
