package payload

// undo undoes a content coding, within bounds. The note says how much came of it, or why nothing did.
func undo(coding string, _ []byte) (out []byte, note string, ok bool) {
	return nil, "content coding " + coding + " is shown as it is", false
}
