package dissect

import "coapscope/protocol"

// Explain says in one sentence, or a line of short statements, what the field is and how its value came about.
func (t *Tree) Explain(i int) string {
	if !t.valid(i) {
		return ""
	}
	f := &t.Fields[i]
	if s := staticExplanations[f.Kind]; s != "" {
		return s
	}
	switch f.Kind {
	case Undecodable:
		for j := len(t.Findings) - 1; j >= 0; j-- {
			if t.Findings[j].Format {
				return "Not decoded: " + t.Findings[j].Title + "."
			}
		}
		return "Bytes that the value's own format gives no meaning to."
	case Header:
		return t.explainHeader()
	case Length:
		return t.explainMessageLength(f)
	case LengthExtension:
		return t.explainExtension(f, "length")
	case MessageType:
		return typeExplanations[t.Type&3]
	case TokenLength:
		return t.explainTokenLength(f)
	case Code, CodeClass:
		return t.explainCode()
	case TokenLengthExtension:
		return t.explainExtension(f, "token length")
	case Token:
		return count(int(f.Number), "byte") + " that tie a response to its request."
	case OptionsGroup:
		return count(int(f.Number), "option") + " in " + count(f.Bits/8, "byte") + ", in order of number; each gives its number as the difference from the one before."
	case Option:
		return t.explainOption(f)
	case OptionDelta:
		return t.explainDelta(f)
	case OptionDeltaExtension:
		return t.explainExtension(f, "delta")
	case OptionLength:
		return t.explainLength(f)
	case OptionLengthExtension:
		return t.explainExtension(f, "length")
	case OptionValue:
		return t.explainValue(&t.Options[f.Option])
	case OptionsUndrawn:
		return "More options than fit a view, checked for format only."
	case BlockNum, BlockMore, BlockSZX:
		return t.explainBlock(f)
	case NoResponse2xx, NoResponse4xx, NoResponse5xx:
		if f.Number != 0 {
			return "The client is not interested in " + f.Kind.String()[3:] + " responses."
		}
		return "The client is interested in " + f.Kind.String()[3:] + " responses."
	case OSCOREKidContextFlag, OSCOREKidFlag:
		what := f.Kind.String()[:len(f.Kind.String())-len(" flag")]
		if f.Number != 0 {
			return "A " + what + " is there."
		}
		return "There is no " + what + "."
	case PayloadGroup, Payload:
		return t.explainPayload()
	}
	return ""
}

var staticExplanations = [kindCount]string{
	Version:                "The CoAP version; 1 is the only one there is, and messages of another are ignored.",
	CodeDetail:             "The lower five bits of the code, written as two digits behind the point.",
	MessageID:              "Ties an Acknowledgement or Reset to its message, and shows duplicates.",
	NoResponseReserved:     "A bit without a meaning, 0.",
	OCFMajor:               "The first of the three parts of the version, 5 bits.",
	OCFMinor:               "The second of the three parts of the version, 5 bits.",
	OCFSub:                 "The third of the three parts of the version, 6 bits.",
	OSCOREReserved:         "Flag bits for later use, 0.",
	OSCOREPartialIVLength:  "How many bytes of Partial IV follow, 0 to 5.",
	OSCOREPartialIV:        "The sender's sequence number, from which the nonce is made.",
	OSCOREKidContextLength: "How many bytes of kid context follow.",
	OSCOREKidContext:       "Helps the recipient to find the security context, together with the kid.",
	OSCOREKid:              "Names the sender's key.",
	PayloadMarker:          "The byte 0xff ends the options; all behind it is payload.",
}

var typeExplanations = [4]string{
	protocol.Confirmable:     "Confirmable: the recipient answers with an Acknowledgement or a Reset.",
	protocol.NonConfirmable:  "Non-confirmable: not acknowledged.",
	protocol.Acknowledgement: "Acknowledgement: answers the Confirmable message of the same message ID.",
	protocol.Reset:           "Reset: the message of the same message ID came, but could not be processed.",
}

func (t *Tree) explainHeader() string {
	switch t.Framing {
	case protocol.StreamFraming:
		return "Length, token length and code: reliable transports need no version, type and message ID."
	case protocol.WebSocketFraming:
		return "Token length and code, with a length of 0: the frame of the WebSocket has the length."
	}
	return "The four bytes that every message starts with."
}

// explainMessageLength says what the 4-bit length counts, and what its special values mean (RFC 8323 §3.2).
func (t *Tree) explainMessageLength(f *Field) string {
	switch {
	case f.Number == nibble8:
		return "13: the length is 13 plus the byte behind it."
	case f.Number == nibble16:
		return "14: the length is 269 plus the two bytes behind it."
	case f.Number == nibbleReserved:
		return "15: the length is 65805 plus the four bytes behind it."
	case t.Framing == protocol.WebSocketFraming:
		return "Always 0 on a WebSocket, whose frames have the length."
	}
	return "Options, payload marker and payload have " + count(int(f.Number), "byte") + "."
}

func (t *Tree) explainTokenLength(f *Field) string {
	switch {
	case f.Number == nibble8:
		return "13: the token length is 13 plus the byte behind the header."
	case f.Number == nibble16:
		return "14: the token length is 269 plus the two bytes behind the header."
	case f.Number == nibbleReserved:
		return "15 is reserved: where the token ends is not known."
	case f.Number > 8:
		return "9 to 12 are lengths only for endpoints with extended tokens; others reject the message."
	}
	return "The token has " + count(int(f.Number), "byte") + "."
}

func (t *Tree) explainCode() string {
	kind := "a reserved class"
	switch {
	case t.Code == protocol.Empty:
		return "0.00: an Empty message, neither request nor response." + t.emptyMeaning()
	case t.Code.IsRequest():
		kind = "a request"
	case t.Code.IsSignaling():
		kind = "signalling"
	case t.Code.Class() == 2:
		kind = "a response, success"
	case t.Code.Class() == 4:
		kind = "a response, client error"
	case t.Code.Class() == 5:
		kind = "a response, server error"
	}
	return "Class " + number(uint64(t.Code.Class())) + ": " + kind + t.codeNote() + "."
}

func (t *Tree) explainExtension(f *Field, what string) string {
	if f.Cut {
		return "The message ends within the extended " + what + "."
	}
	b := extensionBase(f)
	return number(b) + " + " + number(f.Number) + " = " + what + " " + number(b+f.Number)
}

// explainOption gives the arithmetic, "0 + Δ6 = option 6 · length 1 · uint 7".
func (t *Tree) explainOption(f *Field) string {
	o := &t.Options[f.Option]
	if f.Number == NumberUnknown {
		return "The option's delta cannot be read, so its number is not known."
	}
	s := number(uint64(o.Previous)) + " + Δ" + numberOf(int(o.Delta)) + " = option " + number(f.Number)
	if o.Broken {
		return s + " · not readable"
	}
	s += " · length " + numberOf(len(o.Value))
	switch {
	case o.Info == nil:
		s += " · not registered" + t.numberRange(o) + ": " + t.flagWords(o)
	case o.Info.Format == protocol.FormatUint:
		s += " · uint " + uintText(o.Value) + encodingNote(o)
	default:
		s += " · " + o.Info.Format.String()
	}
	if o.Info != nil && o.Info.Reference == protocol.NamedReference {
		s += " · named in the " + protocol.NamedReference
	}
	if o.ValueAt < 0 && o.Info != nil {
		s += " · " + t.meaning(o) // there is no field of the value that would say it
	}
	return s
}

func (t *Tree) explainDelta(f *Field) string {
	switch f.Number {
	case nibble8:
		return "13: the delta is 13 plus the next byte."
	case nibble16:
		return "14: the delta is 269 plus the next two bytes."
	case nibbleReserved:
		return "15 is reserved for the payload marker 0xff."
	}
	o := &t.Options[f.Option]
	return number(uint64(o.Previous)) + " + Δ" + number(f.Number) + " = option " + number(t.Fields[o.Field].Number)
}

func (t *Tree) explainLength(f *Field) string {
	switch f.Number {
	case nibble8:
		return "13: the length is 13 plus the next byte."
	case nibble16:
		return "14: the length is 269 plus the next two bytes."
	case nibbleReserved:
		return "15 is reserved."
	}
	return "The option's value has " + count(int(f.Number), "byte") + "."
}

func (t *Tree) explainBlock(f *Field) string {
	b, ok := protocol.DecodeBlock(t.Options[f.Option].Value)
	if !ok {
		return ""
	}
	switch f.Kind {
	case BlockNum:
		return "Block " + number(f.Number) + " of the body, counted from 0: " + t.blockRange(b) + "."
	case BlockMore:
		return t.moreMeaning(&t.Options[f.Option], b.More)
	}
	if b.SZX == 7 {
		if t.Framing.Reliable() {
			return "7 is BERT: the payload is any number of blocks of 1024 bytes."
		}
		return "7 is reserved on UDP."
	}
	return "The block size is 2^(" + number(f.Number) + " + 4) = " + numberOf(b.Size()) + " bytes."
}

func (t *Tree) explainPayload() string {
	switch f, ok := t.ContentFormat(); {
	case len(t.Payload) == 0:
		return "The message ends behind the payload marker."
	case ok:
		return "Content-Format says " + t.Names.ContentFormatString(f) + t.formatNote(f) + "."
	case t.isDiagnostic():
		return "Without Content-Format, the payload of an error response is a diagnostic text in UTF-8."
	}
	return "There is no Content-Format option: the format is for the application to know."
}

var kindReferences = [kindCount]string{
	Undecodable: "RFC 7252 §3",
	Header:      "RFC 7252 §3", Version: "RFC 7252 §3", MessageType: "RFC 7252 §4", TokenLength: "RFC 7252 §3",
	Code: "RFC 7252 §12.1", CodeClass: "RFC 7252 §3", CodeDetail: "RFC 7252 §3", MessageID: "RFC 7252 §4.4",
	Length: "RFC 8323 §3.2", LengthExtension: "RFC 8323 §3.2",
	TokenLengthExtension: "RFC 8974 §2.1", Token: "RFC 7252 §5.3.1",
	OptionsGroup: "RFC 7252 §3.1", Option: "RFC 7252 §5.4.1", OptionDelta: "RFC 7252 §3.1", OptionDeltaExtension: "RFC 7252 §3.1",
	OptionLength: "RFC 7252 §3.1", OptionLengthExtension: "RFC 7252 §3.1", OptionValue: "RFC 7252 §5.4.1",
	OptionsUndrawn: "RFC 7252 §3.1",
	BlockNum:       "RFC 7959 §2.2", BlockMore: "RFC 7959 §2.2", BlockSZX: "RFC 7959 §2.2",
	NoResponseReserved: "RFC 7967 §2.1", NoResponse5xx: "RFC 7967 §2.1", NoResponse4xx: "RFC 7967 §2.1", NoResponse2xx: "RFC 7967 §2.1",
	OSCOREReserved: "RFC 8613 §6.1", OSCOREKidContextFlag: "RFC 8613 §6.1", OSCOREKidFlag: "RFC 8613 §6.1",
	OSCOREPartialIVLength: "RFC 8613 §6.1", OSCOREPartialIV: "RFC 8613 §6.1",
	OSCOREKidContextLength: "RFC 8613 §6.1", OSCOREKidContext: "RFC 8613 §6.1", OSCOREKid: "RFC 8613 §6.1",
	OCFMajor: "OCF Core", OCFMinor: "OCF Core", OCFSub: "OCF Core",
	PayloadGroup: "RFC 7252 §5.5", PayloadMarker: "RFC 7252 §3", Payload: "RFC 7252 §5.5",
}

// Reference gives the clause that the field is from, such as "RFC 7641 §2".
func (t *Tree) Reference(i int) string {
	if !t.valid(i) {
		return ""
	}
	f := &t.Fields[i]
	switch f.Kind {
	case Header, Length:
		switch t.Framing {
		case protocol.StreamFraming:
			return "RFC 8323 §3.2"
		case protocol.WebSocketFraming:
			return "RFC 8323 §4.2"
		}
	case Option, OptionValue:
		if info := t.Options[f.Option].Info; info != nil {
			return info.Reference
		}
	case Code:
		if info, ok := t.Names.Code(t.Code); ok {
			return info.Reference
		}
	case Token, TokenLength:
		if f.Number > 8 {
			return "RFC 8974 §2.1"
		}
	case Payload, PayloadGroup:
		if _, ok := t.ContentFormat(); !ok && t.isDiagnostic() {
			return "RFC 7252 §5.5.2"
		}
	}
	return kindReferences[f.Kind]
}
