package dissect

import (
	"bytes"

	"coapscope/protocol"
)

// optionMeanings say in a sentence what the options are for.
var optionMeanings = map[protocol.OptionNumber]string{
	protocol.IfMatch:             "The request is performed only if the resource has this entity-tag.",
	protocol.URIHost:             "The host of the resource's URI.",
	protocol.ETag:                "Tells representations of the resource apart; in a request, which of them the client has.",
	protocol.IfNoneMatch:         "The request is performed only if the resource does not exist.",
	protocol.URIPort:             "The port of the resource's URI.",
	protocol.LocationPath:        "A segment of the path at which the resource was created.",
	protocol.OSCORE:              "The message is protected by OSCORE: code, most options and payload are in the ciphertext.",
	protocol.URIPath:             "A segment of the path of the resource.",
	protocol.ContentFormatOption: "The format of the payload.",
	protocol.URIQuery:            "An argument of the query.",
	protocol.HopLimit:            "How many proxies may still forward the request; each takes 1 away.",
	protocol.Accept:              "The format that the client wants; a server that does not have it answers 4.06.",
	protocol.LocationQuery:       "An argument of the query of the URI at which the resource was created.",
	protocol.EDHOC:               "The payload is EDHOC message 3 followed by the ciphertext of OSCORE.",
	protocol.Size1:               "The size of the request's body; in a 4.13 response the largest that the server takes.",
	protocol.Size2:               "The size of the response's body; 0 in a request asks for it.",
	protocol.ProxyURI:            "The URI that the proxy is asked for.",
	protocol.ProxyScheme:         "The scheme of the URI that the proxy is asked for; the Uri options have the rest.",
	protocol.Echo:                "A value that the client sends back, which shows that its request is fresh.",
	protocol.NoResponse:          "The classes of responses that the client does not want.",
	protocol.RequestTag:          "Tells the bodies of concurrent block-wise requests apart; an empty one is a value too.",

	protocol.OCFAcceptContentFormatVersion: "The version of the content format that the client wants.",
	protocol.OCFContentFormatVersion:       "The version of the payload's content format.",
}

// signalingMeanings are the same for options of signalling messages.
var signalingMeanings = map[*protocol.OptionInfo]string{
	protocol.MaxMessageSize.Lookup(protocol.CSM):         "The largest message that the sender takes, header and payload together.",
	protocol.BlockWiseTransfer.Lookup(protocol.CSM):      "The sender knows block-wise transfers, and BERT if it takes messages of more than 1152 bytes.",
	protocol.ExtendedTokenLength.Lookup(protocol.CSM):    "The longest token that the sender takes.",
	protocol.Custody.Lookup(protocol.Ping):               "The Pong is to wait until all requests before it are processed.",
	protocol.Custody.Lookup(protocol.Pong):               "All requests before the Ping are processed.",
	protocol.AlternativeAddress.Lookup(protocol.Release): "Where to connect instead.",
	protocol.HoldOff.Lookup(protocol.Release):            "How long not to connect again.",
	protocol.BadCSMOption.Lookup(protocol.Abort):         "The option of the CSM that could not be processed.",
}

// explainValue says what the option is for, and what is particular about its value.
func (t *Tree) explainValue(o *OptionEntry) string {
	if o.Broken {
		return t.explainOption(&t.Fields[o.Field])
	}
	if o.Info != nil && o.Info.Format == protocol.FormatUint {
		return t.meaning(o) + encodingNote(o)
	}
	return t.meaning(o)
}

func (t *Tree) meaning(o *OptionEntry) string {
	switch {
	case o.Info == nil:
		return "An option that is not registered" + t.numberRange(o) + ", " + t.flagWords(o) + "."
	case o.Info.Reference == protocol.NamedReference:
		return "An option that is named in the " + protocol.NamedReference + ", " + t.flagWords(o) + "."
	case t.context == protocol.InSignaling:
		return signalingMeanings[o.Info]
	}
	v, _ := protocol.DecodeUint(o.Value)
	switch o.Number {
	case protocol.Observe:
		return t.observeMeaning(v)
	case protocol.MaxAge:
		return maxAgeMeaning(v)
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		return t.blockMeaning(o)
	}
	return optionMeanings[o.Number]
}

func (t *Tree) observeMeaning(v uint64) string {
	switch {
	case t.Code.IsRequest() && v == protocol.ObserveRegister:
		return "The client asks to be notified of changes of the resource."
	case t.Code.IsRequest() && v == protocol.ObserveDeregister:
		return "The client asks not to be notified any more."
	case t.Code.IsRequest():
		return "0 asks to be notified of changes of the resource, and 1 not to be any more."
	case t.Framing.Reliable():
		return "The response is a notification; the order is that of the connection, so the number means nothing."
	}
	return "The response is a notification. Among those of the last 128 s the fresher has the larger number, modulo 2^24."
}

func maxAgeMeaning(seconds uint64) string {
	switch seconds {
	case 0:
		return "The response is not to be cached."
	case 60:
		return "How long the response is fresh: 1 min, as without the option."
	}
	return "How long the response is fresh: " + duration(seconds) + "."
}

// duration gives seconds in the two largest units that they have.
func duration(seconds uint64) string {
	s, units := "", 0
	for _, unit := range [...]struct {
		seconds uint64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		n := seconds / unit.seconds
		seconds %= unit.seconds
		if units > 0 {
			units++
		}
		if n > 0 && units < 3 {
			units = max(units, 1)
			if s != "" {
				s += " "
			}
			s += number(n) + " " + unit.name
		}
	}
	return s
}

// blockMeaning says which part of which body the block is (RFC 7959 §2.3, RFC 9177 §4).
func (t *Tree) blockMeaning(o *OptionEntry) string {
	b, ok := protocol.DecodeBlock(o.Value)
	if !ok {
		return "A block of a body."
	}
	body := "response"
	if ofRequestBody(o) {
		body = "request"
	}
	block := "block " + number(uint64(b.Num))
	switch {
	case t.describesPayload(o) && b.More:
		return "The payload is " + block + " of the body of the " + body + ", and more follow."
	case t.describesPayload(o):
		return "The payload is " + block + " of the body of the " + body + ", the last."
	case o.Number == protocol.QBlock2 && b.More && b.Num == 0:
		return "The client asks for the whole body of the response."
	case o.Number == protocol.QBlock2 && b.More:
		return "The client asks for " + block + " of the body of the response, and for those behind it."
	case body == "response":
		return "The client asks for " + block + " of the body of the response."
	case o.Number == protocol.QBlock1:
		return "The server has all blocks of the body of the request up to " + block + "."
	case b.More:
		return "The server has " + block + " of the body of the request, and waits for the rest before it acts."
	}
	return "The server has " + block + " of the body of the request."
}

// moreMeaning says what the M of a block stands for (RFC 7959 §2.2 and §2.3, RFC 9177 §4.4).
func (t *Tree) moreMeaning(o *OptionEntry, more bool) string {
	switch {
	case t.describesPayload(o) && more:
		return "More blocks follow."
	case t.describesPayload(o):
		return "No more blocks follow."
	case o.Number == protocol.Block2:
		return "Without a meaning in a request, and 0."
	case o.Number == protocol.QBlock2 && more:
		return "The blocks behind this one are asked for too."
	case o.Number == protocol.QBlock2:
		return "This block alone is asked for."
	case more:
		return "The final response comes later: the server waits for the blocks behind this one."
	}
	return "The response is the final one: the server has acted."
}

// ofRequestBody tells whether a block option is about the body of the request.
func ofRequestBody(o *OptionEntry) bool {
	return o.Number == protocol.Block1 || o.Number == protocol.QBlock1
}

// describesPayload tells whether a block option says which block the payload is, and does not control the transfer of
// the other direction (RFC 7959 §2.3).
func (t *Tree) describesPayload(o *OptionEntry) bool { return ofRequestBody(o) == t.Code.IsRequest() }

// encodingNote says where the value has another encoding than the shortest, which a recipient takes all the same
// (RFC 7252 §3.2).
func encodingNote(o *OptionEntry) string {
	if o.Info == nil {
		return ""
	}
	v, ok := protocol.DecodeUint(o.Value)
	switch {
	case !ok || len(o.Value) > o.Info.MaxLen:
		return ""
	case len(o.Value) == 0:
		return " · no byte stands for 0"
	case !bytes.Equal(encodeUint(o.Info, v), o.Value):
		return " · non-minimal: " + count(len(encodeUint(o.Info, v)), "byte") + " would do"
	}
	return ""
}

// emptyMeaning says what the Empty message is for (RFC 7252 §4.3, RFC 8323 §3.4).
func (t *Tree) emptyMeaning() string {
	switch {
	case t.Framing.Reliable():
		return " It keeps the connection open, and is ignored."
	case !t.HasType():
		return ""
	case t.Type == protocol.Confirmable:
		return " A ping: the answer is a Reset."
	case t.Type == protocol.Acknowledgement:
		return " An acknowledgement alone: the response, if any, comes in a message of its own."
	}
	return ""
}

// appendVersion appends an OCF version: 5 bits major, 5 bits minor, 6 bits sub.
func appendVersion(b []byte, v uint64) []byte {
	b = append(appendNumber(b, v>>11), '.')
	b = append(appendNumber(b, v>>6&0x1f), '.')
	return appendNumber(b, v&0x3f)
}

// appendSignalingUnit appends what the number of a signalling option counts (RFC 8323 §5, RFC 8974 §2.2.1).
func (t *Tree) appendSignalingUnit(b []byte, o *OptionEntry) []byte {
	v, ok := protocol.DecodeUint(o.Value)
	switch {
	case !ok || o.Info.Reference == protocol.NamedReference:
	case t.Code == protocol.CSM:
		if b = append(b, " bytes"...); v == 1 {
			b = b[:len(b)-1]
		}
	case t.Code == protocol.Release:
		b = append(b, " s"...)
	case t.Code == protocol.Abort && v <= 0xffff:
		if info := t.Names.Option(protocol.OptionNumber(v), protocol.CSM); info != nil {
			b = append(append(b, ' '), info.Name...)
		}
	}
	return b
}

// experimental is the first number of options and content formats for experiments (RFC 7252 §12.2, §12.3).
const experimental = 65000

// numberRange says what the option's number is kept for (RFC 7252 §12.2).
func (t *Tree) numberRange(o *OptionEntry) string {
	switch {
	case t.context == protocol.InSignaling:
		return ""
	case o.Number >= experimental:
		return " (for experiments)"
	case o.Number >= 2048:
		return " (for vendors among others)"
	}
	return ""
}

// formatNote says of a content format that has no name what its number is kept for (RFC 7252 §12.3).
func (t *Tree) formatNote(f protocol.ContentFormat) string {
	_, known := t.Names.ContentFormat(f)
	switch {
	case known:
		return ""
	case f >= experimental:
		return ", which is for experiments"
	}
	return ", which is not registered"
}

// codeNote says what a code that has no name is taken for (RFC 7252 §5.8, §5.9).
func (t *Tree) codeNote() string {
	if _, known := t.Names.Code(t.Code); known {
		return ""
	}
	switch {
	case t.Code.IsRequest():
		return "; not registered, and who does not know it answers 4.05"
	case t.Code.Class() == 2:
		return "; not registered, and who does not know it knows only that the request succeeded"
	case t.Code.IsResponse():
		return "; not registered, and who does not know it takes it for " + protocol.MakeCode(t.Code.Class(), 0).Dotted()
	case t.Code.IsSignaling():
		return "; not registered"
	}
	return ""
}
