#include "cli/cli.h"

int main(int argc, char** argv) { return blasty::cli::Run(argc, argv); }
