// Package introspect answers statements that read the system catalogs alone:
// pg_catalog and information_schema, as clients and tools ask them on connecting
// and for their trees of objects. They run on a real PostgreSQL, in an empty
// scratch database of the metadata store's server, so each form of each client
// works as it is; no worker is leased for them.
//
// A statement is parsed by libpg_query, and goes there only if all of its
// relations are of those two schemas and each of its functions is on a list.
// Names of relations, and of functions that tell of the session, are replaced by
// those of the mirror: views and functions that show the session's principal,
// catalogs and settings instead of the server's roles, databases and settings.
//
// The mirror's names are those of what it stands for, so that a name of it that is
// shown, by an OID that was guessed, tells nothing.
//
// Three walls, each enough for most attacks: the lists here, the grants of the
// role that reads (no superuser, read only, short timeouts), and a transaction of
// its own for each statement, which is rolled back.
package introspect
