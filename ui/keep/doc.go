// Package keep holds what outlasts a run: the history, the open tabs, the list of devices, collections and environments.
//
// Each has the form that suits it. Collections and environments are small text files, which people read, edit and keep
// in git: a request a file, a key a line, in an order that does not change ([WriteRequest]). The history is a database,
// as it is large and searched ([History]). The tabs are one file, which is replaced as a whole
// ([Tabs]), and so are the devices, whose file this package does not look into.
//
// Whatever is to be kept is handed over at once and written on a goroutine of this package, so that a window never waits
// for a disk; what was handed over is durable within a second, also if the program is killed then. Where a disk fails,
// everything goes on in memory and is written once that is possible again.
//
// Secrets are in none of these files: requests hold the names of variables, and the values of those that are secret are
// in the keyring of the system, or in a file that only the user can read ([Secrets]).
package keep
