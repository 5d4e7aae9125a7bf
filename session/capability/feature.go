package capability

import "coapscope/protocol"

// Feature is something that a device can do, or that is measured of it.
type Feature uint8

// The features, in the order of a card.
const (
	RoundTrip Feature = iota
	Get
	Fetch
	Post
	Put
	Patch
	IPatch
	Delete
	Blocks  // Block2
	Uploads // Block1
	QBlocks // Q-Block1 and Q-Block2
	Sizes   // Size2
	Tags    // ETag
	Observing
	Echoes
	LongTokens
	LargestRequest
	LargestResponse
	UnknownCritical
	UnknownElective
	Proxying

	features
)

var featureTable = [features]struct {
	name, clause string
	word         string // where it is so, for what is no matter of support
}{
	RoundTrip:       {"Round-trip time", "RFC 7252 §4.3", "measured"},
	Get:             {"GET", "RFC 7252 §5.8.1", ""},
	Fetch:           {"FETCH", "RFC 8132 §2", ""},
	Post:            {"POST", "RFC 7252 §5.8.2", ""},
	Put:             {"PUT", "RFC 7252 §5.8.3", ""},
	Patch:           {"PATCH", "RFC 8132 §3", ""},
	IPatch:          {"iPATCH", "RFC 8132 §3", ""},
	Delete:          {"DELETE", "RFC 7252 §5.8.4", ""},
	Blocks:          {"Response in blocks (Block2)", "RFC 7959 §2.4", ""},
	Uploads:         {"Request in blocks (Block1)", "RFC 7959 §2.5", ""},
	QBlocks:         {"Q-Block", "RFC 9177 §4.1", ""},
	Sizes:           {"Size of a body (Size2)", "RFC 7959 §4", ""},
	Tags:            {"Entity tags (ETag)", "RFC 7252 §5.10.6", ""},
	Observing:       {"Observe", "RFC 7641 §3.1", ""},
	Echoes:          {"Echo", "RFC 9175 §2", ""},
	LongTokens:      {"Tokens of more than 8 bytes", "RFC 8974 §2.2", ""},
	LargestRequest:  {"Largest request", "RFC 7252 §4.6", "measured"},
	LargestResponse: {"Largest response", "RFC 7252 §4.6", "measured"},
	UnknownCritical: {"Unknown critical option", "RFC 7252 §5.4.1", "as it must"},
	UnknownElective: {"Unknown elective option", "RFC 7252 §5.4.1", "as it must"},
	Proxying:        {"Forward proxy", "RFC 7252 §5.7.2", ""},
}

// String names the feature.
func (f Feature) String() string { return featureTable[f].name }

// Clause is where it is specified.
func (f Feature) Clause() string { return featureTable[f].clause }

// methods has the features that are methods.
var methods = map[protocol.Code]Feature{
	protocol.GET: Get, protocol.FETCH: Fetch, protocol.POST: Post, protocol.PUT: Put, protocol.PATCH: Patch,
	protocol.IPATCH: IPatch, protocol.DELETE: Delete,
}

// Method gives the method that the feature is; false for one that is none.
func (f Feature) Method() (protocol.Code, bool) {
	for code, m := range methods {
		if m == f {
			return code, true
		}
	}
	return 0, false
}

// Verdict is what is known of a feature.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota
	Yes
	No
	Broken // the device answers against what the clause says
)

// Word says the verdict on a feature.
func (f Feature) Word(v Verdict) string {
	if word := featureTable[f].word; v == Yes && word != "" {
		return word
	}
	return [...]string{"not known", "supports", "does not", "breaks the rule"}[min(v, Broken)]
}
