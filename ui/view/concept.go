package view

// Concept names what a piece of text or a shape stands for. Every drawing in the window (bit grid, bytes, tree,
// lists, ladder, composer) colours by Concept and never by a colour of its own, so the same thing has the same
// colour everywhere, and a theme can change all of them in one place.
type Concept uint8

// The concepts. The zero value is ordinary text.
const (
	Plain       Concept = iota // ordinary text
	Dim                        // secondary text: times, labels, units
	Faint                      // text that is there for whoever looks for it: rulers, placeholders
	Version                    // Ver of RFC 7252 §3
	Type                       // T of RFC 7252 §3: CON, NON, ACK, RST
	TokenLength                // TKL of RFC 7252 §3
	Code                       // Code of RFC 7252 §3: method or response code
	MessageID                  // Message ID of RFC 7252 §3
	Token                      // Token of RFC 7252 §3
	OptionA                    // options at odd places (first, third, …)
	OptionB                    // options at even places, so that neighbours differ
	Payload                    // payload marker and payload
	Good                       // success, fresh, 2.xx
	Warning                    // a retransmission, a stale value, a recommendation not followed
	Error                      // a failure, a malformed message, 4.xx and 5.xx
	Accent                     // what can be clicked, the selection, the focus

	// ConceptCount is the number of concepts, for tables indexed by Concept.
	ConceptCount
)

var conceptNames = [ConceptCount]string{
	Plain: "plain", Dim: "dim", Faint: "faint", Version: "version", Type: "type", TokenLength: "token length",
	Code: "code", MessageID: "message ID", Token: "token", OptionA: "option A", OptionB: "option B",
	Payload: "payload", Good: "good", Warning: "warning", Error: "error", Accent: "accent",
}

// String returns the name of the concept in lower case.
func (c Concept) String() string {
	if c >= ConceptCount {
		return "unknown concept"
	}
	return conceptNames[c]
}

// OptionConcept returns the colour concept of the option at place index (from 0) in its message: neighbours alternate.
func OptionConcept(index int) Concept {
	if index%2 == 0 {
		return OptionA
	}
	return OptionB
}
