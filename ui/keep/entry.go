package keep

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// Entry is a request of the history, and what came of it.
type Entry struct {
	ID    uint64      // given by [History.Add]
	Draft draft.Draft // as it was written: variables stand in it by their names
	URI   string      // that was asked for, without the values of secrets
	Asked time.Time   // when it was sent

	// State tells what came of it; with Failed, Failure says why.
	State   State
	Failure string

	// What came, with Answered. Of a long payload Left bytes at its end were not kept.
	Message     protocol.Message
	Left        int
	Masked      bool // the values of secrets were taken out of the answer
	From        netip.AddrPort
	At          time.Time     // when it came
	RTT         time.Duration // of the last exchange
	Duration    time.Duration // of all
	Attempts    int
	Exchanges   int
	Retries     int
	Notified    int // which notification it is; 0 where nothing is observed
	Echoed      int // exchanges that were answered with the demand for freshness
	Piggybacked bool
	Suppressed  bool          // no response was asked for (RFC 7967), and none came
	FromCache   bool          // it was received before
	Validated   bool          // and the device said that it is still valid
	Age         time.Duration // of one from the cache
	Note        string        // what else was said of it

	// Answers and Members count those who answered a request to a group, and those who were expected to: 0 for one that is
	// not known. Message is the table of answers then, with the code that most of them had.
	Answers, Members int

	// DraftLeft is the length of a payload that the draft had, and that was too long to be kept; 0 otherwise.
	DraftLeft int
}

// State says how far a request has come.
type State uint8

// The states. A request that waits in a file has not come to its end: the program ended before.
const (
	Waiting State = iota
	Answered
	Failed
)

// Row is an entry in short, for lists.
type Row struct {
	ID     uint64
	Asked  time.Time
	Method protocol.Code
	URI    string
	State  State
	Code   protocol.Code // with Answered; 0.00 where a ping was answered, or no response was asked for
	RTT    time.Duration
	Size   int // of the answer's payload, in bytes

	Answers, Members int // of a group, as of [Entry]

	stored int    // bytes in the file
	hay    string // what a search looks at, in lower case
}

// How much is kept of an entry.
const (
	keptPayload = 64 << 10 // of an answer, in bytes
	keptDraft   = 1 << 20  // payload of a draft
	keptWords   = 160      // of payloads, for searches
)

// bound cuts off what is too long to be kept. What it is given stays as it is.
func (e *Entry) bound() {
	if n := len(e.Message.Payload); n > keptPayload {
		e.Left += n - keptPayload
		e.Message.Payload = slices.Clone(e.Message.Payload[:keptPayload]) // so that the rest can go
	}
	if n := len(e.Draft.Payload); n > keptDraft {
		e.DraftLeft, e.Draft.Payload = n, ""
	}
	if len(e.Draft.Raw) > keptDraft {
		e.DraftLeft, e.Draft.Raw = len(e.Draft.Raw), ""
	}
}

// row gives the entry in short.
func (e *Entry) row() Row {
	r := Row{
		ID: e.ID, Asked: e.Asked, Method: e.Draft.Method, URI: e.URI, State: e.State, Code: e.Message.Code, RTT: e.RTT,
		Size: len(e.Message.Payload) + e.Left, Answers: e.Answers, Members: e.Members,
	}
	if e.State != Answered {
		r.Code, r.Size = 0, 0
	}
	r.fill(words(e.Draft.Payload) + " " + e.Failure + " " + words(string(e.Message.Payload)))
	return r
}

// fill makes what searches look at.
func (r *Row) fill(words string) {
	state := ""
	switch r.State {
	case Answered:
		state = r.Code.String()
	case Failed:
		state = "no answer"
	}
	r.hay = strings.ToLower(r.Method.Short() + " " + r.URI + " " + state + " " + words)
}

// words gives the beginning of a payload if it is text.
func words(payload string) string {
	cut := payload[:min(len(payload), keptWords)]
	for len(cut) < len(payload) && len(cut) > 0 && !utf8.ValidString(cut) && len(cut) > keptWords-utf8.UTFMax {
		cut = cut[:len(cut)-1]
	}
	if !utf8.ValidString(cut) || strings.ContainsFunc(cut, func(c rune) bool { return unicode.IsControl(c) && !unicode.IsSpace(c) }) {
		return ""
	}
	return cut
}

// The forms of entry and row in the file. Numbers of keys are not used again for something else.
type storedEntry struct {
	Draft     []byte         `cbor:"1,keyasint"` // a file of [WriteRequest]
	URI       string         `cbor:"2,keyasint"`
	Asked     int64          `cbor:"3,keyasint"` // nanoseconds, Unix
	State     State          `cbor:"4,keyasint"`
	Failure   string         `cbor:"5,keyasint,omitempty"`
	Type      uint8          `cbor:"6,keyasint,omitempty"`
	Code      uint8          `cbor:"7,keyasint,omitempty"`
	MessageID uint16         `cbor:"8,keyasint,omitempty"`
	Token     []byte         `cbor:"9,keyasint,omitempty"`
	Options   []storedOption `cbor:"10,keyasint,omitempty"`
	Payload   []byte         `cbor:"11,keyasint,omitempty"`
	Left      int            `cbor:"12,keyasint,omitempty"`
	Masked    bool           `cbor:"13,keyasint,omitempty"`
	From      string         `cbor:"14,keyasint,omitempty"`
	At        int64          `cbor:"15,keyasint,omitempty"`
	RTT       int64          `cbor:"16,keyasint,omitempty"`
	Duration  int64          `cbor:"17,keyasint,omitempty"`
	Attempts  int            `cbor:"18,keyasint,omitempty"`
	Exchanges int            `cbor:"19,keyasint,omitempty"`
	Retries   int            `cbor:"20,keyasint,omitempty"`
	Notified  int            `cbor:"21,keyasint,omitempty"`
	Piggyback bool           `cbor:"22,keyasint,omitempty"`
	Note      string         `cbor:"23,keyasint,omitempty"`
	DraftLeft int            `cbor:"24,keyasint,omitempty"`
	Echoed    int            `cbor:"25,keyasint,omitempty"`
	NoAnswer  bool           `cbor:"26,keyasint,omitempty"`
	FromCache bool           `cbor:"27,keyasint,omitempty"`
	Validated bool           `cbor:"28,keyasint,omitempty"`
	Age       int64          `cbor:"29,keyasint,omitempty"`
	Answers   int            `cbor:"30,keyasint,omitempty"`
	Members   int            `cbor:"31,keyasint,omitempty"`
}

type storedOption struct {
	_      struct{} `cbor:",toarray"`
	Number uint16
	Value  []byte
}

type storedRow struct {
	_      struct{} `cbor:",toarray"`
	Asked  int64
	Method uint8
	URI    string
	State  State
	Code   uint8
	RTT    int64
	Size   int
	Stored int
	Hay    string
}

// storedGroupRow is the row of a request to a group. Its length tells it apart.
type storedGroupRow struct {
	_                struct{} `cbor:",toarray"`
	Row              storedRow
	Answers, Members int
}

// groupRowHead is the first byte of one: an array of three (RFC 8949 §3.1).
const groupRowHead = 0x83

// encoding writes texts whatever is in them, and reads them again.
var encoding, decoding = func() (cbor.EncMode, cbor.DecMode) {
	e, err1 := cbor.EncOptions{}.EncMode()
	d, err2 := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err1 != nil || err2 != nil {
		panic(fmt.Sprint(err1, err2)) // the options are wrong in this file
	}
	return e, d
}()

func (e *Entry) marshal() ([]byte, error) {
	s := storedEntry{
		Draft: WriteRequest(&e.Draft, nil), URI: e.URI, Asked: e.Asked.UnixNano(), State: e.State, Failure: e.Failure,
		Type: uint8(e.Message.Type), Code: uint8(e.Message.Code), MessageID: uint16(e.Message.MessageID), Token: e.Message.Token.Bytes(),
		Payload: e.Message.Payload, Left: e.Left, Masked: e.Masked, RTT: int64(e.RTT), Duration: int64(e.Duration),
		Attempts: e.Attempts, Exchanges: e.Exchanges, Retries: e.Retries, Notified: e.Notified, Piggyback: e.Piggybacked,
		Note: e.Note, DraftLeft: e.DraftLeft, Echoed: e.Echoed, NoAnswer: e.Suppressed, FromCache: e.FromCache, Validated: e.Validated,
		Age: int64(e.Age), Answers: e.Answers, Members: e.Members,
	}
	if !e.At.IsZero() {
		s.At = e.At.UnixNano()
	}
	if e.From.IsValid() {
		s.From = e.From.String()
	}
	for _, o := range e.Message.Options {
		s.Options = append(s.Options, storedOption{Number: uint16(o.Number), Value: o.Value})
	}
	return encoding.Marshal(&s)
}

func unmarshalEntry(id uint64, data []byte) (e Entry, err error) {
	var s storedEntry
	if err := decoding.Unmarshal(data, &s); err != nil {
		return e, err
	}
	e = Entry{
		ID: id, URI: s.URI, Asked: time.Unix(0, s.Asked), State: s.State, Failure: s.Failure, Left: s.Left, Masked: s.Masked,
		RTT: time.Duration(s.RTT), Duration: time.Duration(s.Duration), Attempts: s.Attempts, Exchanges: s.Exchanges,
		Retries: s.Retries, Notified: s.Notified, Piggybacked: s.Piggyback, Note: s.Note, DraftLeft: s.DraftLeft,
		Echoed: s.Echoed, Suppressed: s.NoAnswer, FromCache: s.FromCache, Validated: s.Validated, Age: time.Duration(s.Age),
		Answers: s.Answers, Members: s.Members,
		Message: protocol.Message{
			Type: protocol.Type(s.Type), Code: protocol.Code(s.Code), MessageID: protocol.MessageID(s.MessageID),
			Token: protocol.TokenOf(s.Token), Payload: s.Payload,
		},
	}
	if s.At != 0 {
		e.At = time.Unix(0, s.At)
	}
	for _, o := range s.Options {
		e.Message.Options = append(e.Message.Options, protocol.Option{Number: protocol.OptionNumber(o.Number), Value: o.Value})
	}
	if s.From != "" {
		if e.From, err = netip.ParseAddrPort(s.From); err != nil {
			return e, err
		}
	}
	e.Draft, err = ReadRequest(s.Draft)
	return e, err
}

func (r *Row) marshal() ([]byte, error) {
	s := storedRow{
		Asked: r.Asked.UnixNano(), Method: uint8(r.Method), URI: r.URI, State: r.State, Code: uint8(r.Code), RTT: int64(r.RTT),
		Size: r.Size, Stored: r.stored, Hay: r.hay,
	}
	if r.Answers > 0 || r.Members > 0 {
		return encoding.Marshal(&storedGroupRow{Row: s, Answers: r.Answers, Members: r.Members})
	}
	return encoding.Marshal(&s)
}

func unmarshalRow(id uint64, data []byte) (r Row, err error) {
	var g storedGroupRow
	s := &g.Row
	var to any = s
	if len(data) > 0 && data[0] == groupRowHead {
		to = &g
	}
	if err := decoding.Unmarshal(data, to); err != nil {
		return r, err
	}
	return Row{
		Answers: g.Answers, Members: g.Members,
		ID: id, Asked: time.Unix(0, s.Asked), Method: protocol.Code(s.Method), URI: s.URI, State: s.State, Code: protocol.Code(s.Code),
		RTT: time.Duration(s.RTT), Size: s.Size, stored: s.Stored, hay: s.Hay,
	}, nil
}
