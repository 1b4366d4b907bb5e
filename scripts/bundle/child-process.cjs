// Commander starts processes for subcommands that are programs of their own. There are none, and loading the module takes 8 ms.
module.exports = {};
