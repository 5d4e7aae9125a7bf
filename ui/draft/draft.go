package draft

import (
	"slices"

	"coapscope/protocol"
)

// Draft is a request as it is being written. Any part may be missing or wrong; [Draft.Build] says what. Every text
// may hold variables, as {{name}}.
type Draft struct {
	Method  protocol.Code
	Address string // as typed: a URI, or less; see [ParseAddress]
	Group   string // name of the group that it goes to instead of a host; the address is a path then. Empty for none
	Type    protocol.Type
	Options []Option // besides those that the address makes
	Payload string
	Form    Form
	Settings

	// Raw is a datagram in hex, which is sent as it is instead of all that; empty for none.
	Raw string
}

// Option is an option with its value as the user writes it; see [EncodeOption].
type Option struct {
	Number protocol.OptionNumber
	Text   string
	Off    bool // it stays in the draft and is left out of the message
}

// Settings say how a request is sent. The zero value leaves everything to the engine.
type Settings struct {
	// Token is hex digits; "empty"; "random 8" or "sequential 8", with the number of bytes, up to 65,804 (RFC
	// 8974); or nothing, for what is set for the endpoint.
	Token string
	// MessageID is a number such as 32052 or 0x7d34, which the first message has; "random"; or nothing, for the
	// next one that is free.
	MessageID      string
	ReuseMessageID bool // also where it is in use (RFC 7252 §4.4 forbids it)

	// The transmission parameters of RFC 7252 §4.8: times such as "2s" or "1500ms", numbers. Nothing stands for the
	// default.
	AckTimeout, AckRandomFactor, MaxRetransmit, NStart, ProbingRate string

	// Timeout is how long to wait for a separate response, or for that to a NON.
	Timeout string

	// Proxy is the forward proxy that is asked, as an address; nothing for none. It is asked by Proxy-Uri, or with
	// ProxyInParts by Proxy-Scheme and Uri options (RFC 7252 §5.10.2).
	Proxy        string
	ProxyInParts bool

	BlockSize         int    // preferred, 16 to 1024 bytes; 0 leaves it to engine and peer
	ResponseBlockSize int    // preferred for the response where it differs
	AskSize           bool   // asks for the size of the response's body (RFC 7959 §4)
	Plain             bool   // one exchange, with the Block options that are written
	QBlock            bool   // RFC 9177
	RequestTag        string // hex; nothing for none (RFC 9175 §3)

	EchoByHand bool   // the Echo option is the user's (RFC 9175 §2)
	Cache      string // "", "revalidate" or "fresh" (RFC 7252 §5.6)
	Again      string // how often it is made again after a 4.29 or 5.03
	Impatient  bool   // it is sent though the endpoint asked to wait
}

// Problem is what keeps a draft from being sent: where, and what to do.
type Problem struct {
	Where  Field
	Option int // index in Draft.Options; -1 where it is not about one
	Offset int // byte in the text of the field; -1 where it is about all of it
	Text   string
}

// Field names a part of a draft.
type Field string

// The parts of a draft.
const (
	AddressField    Field = "address"
	OptionField     Field = "option"
	PayloadField    Field = "payload"
	TokenField      Field = "token"
	MessageIDField  Field = "message ID"
	AckTimeoutField Field = "ACK_TIMEOUT"
	RandomField     Field = "ACK_RANDOM_FACTOR"
	RetransmitField Field = "MAX_RETRANSMIT"
	NStartField     Field = "NSTART"
	ProbingField    Field = "PROBING_RATE"
	TimeoutField    Field = "timeout"
	ProxyField      Field = "proxy"
	RequestTagField Field = "Request-Tag"
	AgainField      Field = "again"
	CacheField      Field = "cache"
	RawField        Field = "raw"
)

// Clone gives a copy that shares no memory.
func (d Draft) Clone() Draft {
	d.Options = slices.Clone(d.Options)
	return d
}

// Equal tells whether two drafts are the same in every part.
func (d Draft) Equal(o Draft) bool {
	same := slices.Equal(d.Options, o.Options)
	return same && d.Method == o.Method && d.Address == o.Address && d.Group == o.Group && d.Type == o.Type && d.Payload == o.Payload &&
		d.Form == o.Form && d.Settings == o.Settings && d.Raw == o.Raw
}

// Option gives the index of the first option of that number that is not off; -1 for none.
func (d *Draft) Option(n protocol.OptionNumber) int {
	return slices.IndexFunc(d.Options, func(o Option) bool { return o.Number == n && !o.Off })
}

// Remove takes all options of that number out of the draft.
func (d *Draft) Remove(n protocol.OptionNumber) {
	d.Options = slices.DeleteFunc(d.Options, func(o Option) bool { return o.Number == n })
}

// SetOption makes the text the value of the only option of that number.
func (d *Draft) SetOption(n protocol.OptionNumber, text string) {
	if i := d.Option(n); i >= 0 {
		d.Options[i].Text = text
		return
	}
	d.Options = append(d.Options, Option{Number: n, Text: text})
}
