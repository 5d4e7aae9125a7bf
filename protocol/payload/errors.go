package payload

import "fmt"

// SyntaxError says why text or bytes cannot be read.
type SyntaxError struct {
	Offset    int    // of the byte at which reading stopped
	Problem   string // what is wrong, and what was expected
	Reference string // the clause, such as "RFC 8949 §3"
	cutOff    bool   // the bytes end too early; as far as they go they are right
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("byte %d: %s (%s)", e.Offset, e.Problem, e.Reference)
}

// nestingClause warns of what is nested deeply. An error with it is a bound of ours, and no mistake.
const nestingClause = "RFC 8949 §10"
